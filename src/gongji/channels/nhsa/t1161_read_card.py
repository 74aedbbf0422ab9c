"""1161 读取社会保障卡: what 1101 tells, by the card that the terminal read (Inner Mongolia's client)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.claims import claimed_of
from gongji.channels.nhsa.t1101_person import person_nodes
from gongji.core.refusal import Refusal
from gongji.service.people import person_claimed


async def handle(call: Call) -> Output | Refusal:
    """Read a person by his card, and tell the card's data again."""
    row = call.values.node("data")
    claimed = claimed_of(row)
    if isinstance(claimed, Refusal):
        return claimed
    holding = await person_claimed(call.platform, call.sender, claimed)
    if isinstance(holding, Refusal):
        return holding
    person = holding.person
    card = {
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "cardno": person.card_no,
        "card_sn": row["card_sn"],
    }
    return person_nodes(call, holding) | {"cardecinfo": render(call.table, "cardecinfo", card)}
