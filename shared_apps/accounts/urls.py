from django.urls import path

from shared_apps.accounts import views

urlpatterns = [
    path("login", views.login_page),
    path("logout", views.logout_page),
    path("forgot-password", views.forgot_password_page),
    path("set-password/<str:token>", views.set_password_page),
]
