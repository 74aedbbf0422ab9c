"""What a person sees first: his money, his family, what is new (首页)."""

import msgspec

from gongji.core.refusal import Refusal
from gongji.ledger import store
from gongji.service.inbox import Inbox, ask_inbox, inbox_from
from gongji.service.platform import Platform
from gongji.service.records import AccountPage, account_page_from, ask_account_page


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """The first page of a person.

    Attributes:
        account: balance, yearly figures and a few movements.
        inbox: the newest notice, and how many are unread.
        given: names of the relatives who may use his money, or will once they agree.
        taken: names of those whose money he may use.
        orders: how many orders wait to be paid.
    """

    account: AccountPage
    inbox: Inbox
    given: list[str]
    taken: list[str]
    orders: int


async def home_of(platform: Platform, person_no: str, movements: int) -> Home | Refusal:
    """The first page of a person, with so many of his latest movements."""
    person = {"person_no": person_no}
    async with platform.pool.connection() as conn:
        *about, notices, unread, relatives, orders = await store.together(
            conn,
            *ask_account_page(person_no, movements),
            *ask_inbox(person_no, most=1),
            ("relatives_of_person", person),
            ("mobile_orders_waiting", person),
        )
    account = account_page_from(platform, about)
    if isinstance(account, Refusal):
        return account
    return Home(
        account=account,
        inbox=inbox_from(notices, unread, most=1),
        given=[user for authoriser, _, user in relatives if authoriser == person_no],
        taken=[name for authoriser, name, _ in relatives if authoriser != person_no],
        orders=orders[0][0],
    )
