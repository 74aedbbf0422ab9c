"""A hospital's ward as tests need it: messages of a stay from admission to settlement."""

import itertools
from typing import Any

_numbers = itertools.count(1)

DIAGNOSIS = {
    "diag_type": "1",
    "maindiag_flag": "1",
    "diag_srt_no": "1",
    "diag_code": "I10.x00x002",
    "diag_name": "高血压",
    "diag_dept": "NK01",
    "dise_dor_no": "D1",
    "dise_dor_name": "医师甲",
    "diag_time": "2026-01-05 09:20:00",
}

_TOLD = {
    "atddr_no": "D1",
    "chfpdr_name": "医师甲",
    "adm_diag_dscr": "高血压",
    "adm_dept_codg": "NK01",
    "adm_dept_name": "内科",
    "adm_bed": "12",
    "dscg_maindiag_code": "I10.x00x002",
    "dscg_maindiag_name": "高血压",
}


def shown(person: Any) -> dict[str, Any]:
    """What the patient shows at the counter."""
    scheme = "310" if person.scheme.value == "employee" else "390"
    return {"psn_no": person.person_no, "mdtrt_cert_type": "02", "mdtrt_cert_no": person.certificate_no} | {
        "insutype": scheme
    }


def admission(person: Any, **other: Any) -> dict[str, Any]:
    """2401."""
    told = shown(person) | _TOLD | {"begntime": "2026-01-05 09:00:00", "med_type": "2101"}
    about = told | {"ipt_no": f"ZY{next(_numbers)}"} | other
    return {"mdtrtinfo": about, "diseinfo": [DIAGNOSIS | {"psn_no": person.person_no}]}


def change(person: Any, visit: str, **other: Any) -> dict[str, Any]:
    """2403."""
    about = {"mdtrt_id": visit, "psn_no": person.person_no, "begntime": "2026-01-05 09:00:00", "med_type": "2101"}
    about |= {"mdtrt_cert_type": "02", "ipt_otp_no": f"ZY{next(_numbers)}"} | _TOLD | other
    return {"adminfo": about, "diseinfo": [DIAGNOSIS | {"psn_no": person.person_no, "mdtrt_id": visit}]}


def discharge(person: Any, visit: str, on: str = "2026-01-09") -> dict[str, Any]:
    """2402."""
    about = {"mdtrt_id": visit, "psn_no": person.person_no, "insutype": shown(person)["insutype"]}
    about |= {"endtime": f"{on} 10:00:00", "dscg_dept_codg": "NK01", "dscg_dept_name": "内科", "dscg_way": "1"}
    return {"dscginfo": about, "diseinfo": [DIAGNOSIS | {"psn_no": person.person_no, "mdtrt_id": visit}]}


def line(person: Any, visit: str, amount: str = "100.00", **other: Any) -> dict[str, Any]:
    """A row of 2301."""
    return {
        "feedetl_sn": f"F{next(_numbers)}",
        "mdtrt_id": visit,
        "psn_no": person.person_no,
        "med_type": "2101",
        "fee_ocur_time": "2026-01-06 09:30:00",
        "med_list_codg": "XZ99AAZ001A001010199001",
        "medins_list_codg": "L1",
        "det_item_fee_sumamt": amount,
        "cnt": "1",
        "pric": amount,
        "bilg_dept_codg": "NK01",
        "bilg_dept_name": "内科",
        "bilg_dr_codg": "D1",
        "bilg_dr_name": "医师甲",
    } | other


def bill(person: Any, visit: str, total: str, **other: Any) -> dict[str, Any]:
    """2303 and 2304."""
    about = {"medfee_sumamt": total, "psn_setlway": "01", "mdtrt_id": visit, "acct_used_flag": "2"}
    return {"data": shown(person) | about | {"mid_setl_flag": "0"} | other}


def named(person: Any, visit: str, **other: Any) -> dict[str, Any]:
    """2302 of one line, 2404, 2405, 2305."""
    return {"data": {"mdtrt_id": visit, "psn_no": person.person_no} | other}


class Ward:
    """One hospital's client with shorthands for stays."""

    def __init__(self, hospital: Any) -> None:
        self.hospital = hospital

    async def admit(self, person: Any, **other: Any) -> str:
        answer = await self.hospital.call("2401", admission(person, **other))
        visit: str = answer.output["result"]["mdtrt_id"]
        return visit

    async def charge(self, person: Any, visit: str, amount: str = "100.00", **other: Any) -> str:
        row = line(person, visit, amount, **other)
        assert (await self.hospital.call("2301", {"feedetail": [row]})).ok
        number: str = row["feedetl_sn"]
        return number

    async def stay(self, person: Any, amount: str, **other: Any) -> str:
        visit = await self.admit(person, **other)
        await self.charge(person, visit, amount)
        return visit

    async def settle(self, person: Any, visit: str, total: str, **other: Any) -> Any:
        return await self.hospital.call("2304", bill(person, visit, total, **other))
