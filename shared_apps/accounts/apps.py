from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "shared_apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Say who sends our mails."""
        from shared_apps.accounts import mails
        from shared_apps.outbox.hooks import register_job

        register_job("accounts.invitation", mails.send_invitation)
        register_job("accounts.password_reset", mails.send_password_reset)
