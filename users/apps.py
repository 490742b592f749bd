"""The app of people's ways in. This file names every receiver that the app connects."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in as django_logged_in
from django.core import checks
from django.db.models.signals import post_delete, post_migrate, post_save


class UsersConfig(AppConfig):
    name = "users"

    def ready(self) -> None:
        from allauth.account.models import EmailAddress
        from allauth.account.signals import user_logged_in, user_signed_up

        from profiles import signals
        from profiles.desk.roles import make_groups
        from profiles.notices.kinds import register_kinds
        from profiles.notices.words import register_fact
        from profiles.page_parts import register_page_part
        from profiles.programs.explanations import register_explanations
        from users import (
            desk,
            emails,
            names,
            notice_words,
            own_data,
            own_data_mail,
            proof,
            report_mails,
            sessions,
            sign_in_log,
        )
        from users.allauth_internals import check_allauth
        from users.devices import shown_device

        checks.register(check_allauth)
        register_kinds(notice_words.KINDS)
        register_fact("device", shown_device)
        register_page_part("keep", "users/parts/sign_out.html")
        register_page_part("notice_settings", "users/parts/mail_address.html")
        django_logged_in.connect(proof.record_sign_in_time, dispatch_uid="users.record_sign_in_time")
        user_logged_in.connect(sign_in_log.record_sign_in, dispatch_uid="users.record_sign_in")
        user_logged_in.connect(sessions.record_session, dispatch_uid="users.record_session")
        user_signed_up.connect(sign_in_log.record_password, dispatch_uid="users.record_password")
        signals.handle_changed.connect(names.follow_handle, dispatch_uid="users.follow_handle")
        post_save.connect(emails.update_names, sender=EmailAddress, dispatch_uid="users.update_names")
        post_delete.connect(emails.update_names, sender=EmailAddress, dispatch_uid="users.update_names")
        own_data.register()
        register_explanations("users", "problems.toml")
        desk.register()
        signals.deletion_asked.connect(own_data_mail.send_deletion_asked, dispatch_uid="users.deletion_asked")
        signals.account_deleted.connect(own_data_mail.send_deleted, dispatch_uid="users.account_deleted")
        signals.guest_answered.connect(report_mails.send_answer, dispatch_uid="users.guest_answered")
        # Permissions are made app by app: after the last one, all of them are there.
        last = [app for app in apps.get_app_configs() if app.models_module is not None][-1]
        post_migrate.connect(make_groups, sender=last, dispatch_uid="users.make_groups")
        if apps.is_installed("nft"):
            self._connect_wallets()

    def _connect_wallets(self) -> None:
        from allauth.account.signals import authentication_step_completed

        from nft.signals import account_changed, account_changing
        from profiles.page_parts import register_page_part
        from users import sign_in_log, wallet_login

        register_page_part("welcome", "users/parts/welcome.html")
        register_page_part("sign_in.only", "users/parts/only_way_in.html")
        authentication_step_completed.connect(wallet_login.forget_wallet, dispatch_uid="users.forget_wallet")
        account_changing.connect(sign_in_log.notify_account_change, dispatch_uid="users.notify_account_change")
        account_changed.connect(sign_in_log.tell_of_move, dispatch_uid="users.tell_of_move")


class SessionListConfig(UserSessionsConfig):  # type: ignore[misc]  # allauth has no types
    """allauth's list of sessions, without its receiver: see users.sessions.record_session."""

    def ready(self) -> None:
        super().ready()
        from allauth.account.signals import user_logged_in
        from allauth.usersessions.signals import on_user_logged_in

        user_logged_in.disconnect(on_user_logged_in)


class SiteAdminConfig(AdminConfig):
    default_site = "users.admin_site.SiteAdmin"

    def ready(self) -> None:
        super().ready()  # all apps register their pages
        from users import admin

        admin.replace_pages()
