from django.urls import path

from shared_apps.support import views

urlpatterns = [
    path("support/<str:token>", views.open_dashboard),
]
