from django.urls import path

from tenant_apps.handoffs import console, views

urlpatterns = [
    path("", views.home),
    path("book", views.book),
    path("handoff/<str:handoff_id>", views.hand_over),
    path("go/<str:handoff_id>", views.go),
    path("dashboard", console.pipeline),
    path("dashboard/handoffs/<str:handoff_id>", console.detail),
    path("dashboard/handoffs/<str:handoff_id>/<str:action>", console.change),
]
