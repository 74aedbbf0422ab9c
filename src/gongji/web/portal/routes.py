"""All pages of the portal (门户路由)."""

from litestar import Router

from gongji.web.portal import account, bind, codes, consent, family, home, login, receipt, security, vouchers


def portal_routes() -> Router:
    """The portal, at the root."""
    return Router(
        path="/",
        include_in_schema=False,
        route_handlers=[
            home.home,
            home.services,
            login.login_page,
            login.login,
            login.logout,
            codes.sign_in_page,
            codes.send_to_sign_in,
            codes.sign_in_by_code,
            codes.reset_page,
            codes.send_to_reset,
            codes.reset_by_code,
            security.security,
            security.end_device,
            security.end_others,
            security.end_all,
            security.password_page,
            security.password,
            consent.ask_consent,
            consent.answer_consent,
            consent.channels,
            consent.end_channel,
            account.account,
            receipt.receipt,
            vouchers.voucher,
            vouchers.relative_page,
            vouchers.add_relative,
            vouchers.relatives_voucher,
            vouchers.allow_relative,
            vouchers.end_relative,
            family.family,
            family.end_page,
            family.end_binding,
            family.confirm_binding,
            bind.notice_page,
            bind.verify_page,
            bind.form_page,
            bind.commitment_page,
            bind.submit,
        ],
    )
