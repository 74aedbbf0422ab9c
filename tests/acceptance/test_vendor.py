"""A vendor tests his program against the real server: lost answers, what the books say, replay."""

import json
import socket
import time
from typing import Any

import httpx
import pytest

from his import Client, Server, institution_of, item_of


@pytest.fixture(scope="module")
def shop(server: Server, city: dict[str, Any]) -> tuple[Client, dict[str, Any], dict[str, Any]]:
    father = next(person for person in city["people"] if person["role"] == "story father")
    place = institution_of(city, father["region"], "pharmacy")
    client = Client(server.gateway, place["fixmedins_code"], place["region"])
    return client, father, client.pharmacy_input(father, item_of(city), "1.00")


def state(server: Server, message: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/messages/{message['fixmedins_code']}/{message['msgid']}"
    found: dict[str, Any] = httpx.get(server.portal + path).json()
    return found


@pytest.mark.parametrize(
    ("fault", "known"), [("cut-before", "never_seen"), ("cut-after", "done"), ("timeout=300", "done")]
)
def test_an_answer_that_is_lost_on_the_wire(server: Server, shop: Any, fault: str, known: str) -> None:
    client, father, content = shop
    message = client.message("2102", content)
    with pytest.raises(httpx.TransportError):
        httpx.post(server.gateway, json=message, headers={"X-Gongji-Fault": fault})
    assert state(server, message)["state"] == known
    undo = {"data": {"psn_no": father["psn_no"], "omsgid": message["msgid"], "oinfno": "2102"}}
    assert client.call("2601", undo)["infcode"] == (0 if known == "done" else -1)
    assert "已被冲正" in client.send(message)["err_msg"] if known == "never_seen" else client.send(message)["output"]


def test_who_gives_up_before_a_slow_answer_finds_it_done(server: Server, shop: Any) -> None:
    client, _, content = shop
    message = client.message("2102", content)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(server.gateway, json=message, headers={"X-Gongji-Fault": "timeout=2000"}, timeout=0.5)
    assert state(server, message)["state"] == "done"
    assert client.send(message)["infcode"] == 0


def test_whoever_was_cut_off_is_on_the_live_list_until_he_asks(server: Server, shop: Any) -> None:
    client, _, content = shop

    def listed() -> list[str]:
        found = httpx.get(f"{server.portal}/api/institutions/{client.institution}/differences").json()
        return [one["message_id"] for one in found["undelivered"]]

    cut_off, faulty = client.message("2102", content), client.message("2102", content)
    body = json.dumps(cut_off).encode()
    with socket.create_connection(("127.0.0.1", server.gateway_port)) as line:
        head = b"POST / HTTP/1.1\r\nhost: x\r\nx-gongji-fault: slow=300\r\ncontent-length: %d\r\n\r\n" % len(body)
        line.sendall(head + body)
    with pytest.raises(httpx.TransportError):
        httpx.post(server.gateway, json=faulty, headers={"X-Gongji-Fault": "timeout=100"})
    deadline = time.monotonic() + 60
    while cut_off["msgid"] not in listed() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert {cut_off["msgid"], faulty["msgid"]} <= set(listed())
    shown = server.command("reconcile", "live", client.institution).stdout
    assert cut_off["msgid"] in shown
    assert "答复没有送到" in shown
    assert state(server, faulty)["state"] == "done"
    assert client.send(cut_off)["infcode"] == 0
    assert not {cut_off["msgid"], faulty["msgid"]} & set(listed())


def test_the_command_line_beside_the_running_server(server: Server, shop: Any) -> None:
    client, _, content = shop
    made = server.command("sandbox", "fault", client.institution, "slow=10", "--transaction", "2102", "--times", "1")
    assert made.returncode == 0, made.stderr
    assert json.loads(server.command("sandbox", "faults", "--json").stdout)[0]["institution"] == client.institution
    assert server.command("sandbox", "fault", client.institution, "explode").returncode == 1
    assert server.command("sandbox", "fault", client.institution, "off").returncode == 0
    assert server.command("sandbox", "fault", client.institution, "off").returncode == 1
    message = client.message("2102", content)
    assert client.send(message)["infcode"] == 0
    listed = json.loads(server.command("sandbox", "list", "--json").stdout)
    number = str(next(one["id"] for one in listed if one["message_id"] == message["msgid"]))
    shown = server.command("sandbox", "show", number)
    assert "医疗费总额" in shown.stdout
    again = json.loads(server.command("sandbox", "replay", number, "--renew", "--json").stdout)
    assert (again["recording"]["outcome"], str(again["recording"]["replays"])) == ("done", number)
    assert server.command("sandbox", "show", "999999999").returncode == 1
