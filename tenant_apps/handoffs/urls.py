from django.urls import path

from tenant_apps.handoffs import console, views

urlpatterns = [
    path("", views.home),
    path("book", views.book),
    path("handoff/<str:handoff_id>", views.hand_over),
    path("go/<str:handoff_id>", views.go),
    path("dashboard", console.dashboard),
    path("dashboard/handoffs/<str:handoff_id>", console.handoff),
    path("dashboard/insights", console.dashboard),
    path("dashboard/settings", console.dashboard),
    path("dashboard/team", console.dashboard),
    path("dashboard/account", console.dashboard),
]
