from django.urls import path

from tenant_apps.notifications import views

urlpatterns = [path("notifications/unsubscribe/<str:subscriber>", views.unsubscribe)]
