"""What a person shows and a hospital tells in the messages of a day (演示报文)."""

from typing import Any, Final

from gongji.core.money import Fen, format_yuan
from gongji.demo.his import now

ORDERED: Final = {"bilg_dept_codg": "NK01", "bilg_dept_name": "内科", "bilg_dr_codg": "D1", "bilg_dr_name": "演示医师"}
DIAGNOSIS: Final = {
    "diag_type": "1",
    "maindiag_flag": "1",
    "diag_srt_no": "1",
    "diag_code": "I10.x00x002",
    "diag_name": "高血压",
    "diag_dept": "NK01",
    "dise_dor_no": "D1",
    "dise_dor_name": "演示医师",
}
ADMITTED: Final = {
    "med_type": "2101",
    "atddr_no": "D1",
    "chfpdr_name": "演示医师",
    "adm_diag_dscr": "高血压",
    "adm_dept_codg": "NK01",
    "adm_dept_name": "内科",
    "adm_bed": "1",
    "dscg_maindiag_code": "I10.x00x002",
    "dscg_maindiag_name": "高血压",
}


def shown(person: dict[str, Any]) -> dict[str, Any]:
    """Who it is, and what he shows at the counter."""
    insutype = "310" if person["scheme"] == "employee" else "390"
    return {
        "psn_no": person["psn_no"],
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": person["certno"],
        "insutype": insutype,
    }


def bill(person: dict[str, Any], visit: str, total: Fen) -> dict[str, Any]:
    """A bill of a visit, paid from the own account and then relatives' ones."""
    about = {"medfee_sumamt": format_yuan(total), "psn_setlway": "01", "mdtrt_id": visit, "acct_used_flag": "2"}
    return shown(person) | about


def named(person: dict[str, Any], visit: str, **other: str) -> dict[str, Any]:
    """A person and a visit, with what else is told."""
    return {"mdtrt_id": visit, "psn_no": person["psn_no"]} | other


def discharge(person: dict[str, Any], visit: str) -> dict[str, Any]:
    """2402."""
    about = named(person, visit, endtime=now(), insutype=shown(person)["insutype"])
    about |= {"dscg_dept_codg": "NK01", "dscg_dept_name": "内科", "dscg_way": "1"}
    return {"dscginfo": about, "diseinfo": [DIAGNOSIS | named(person, visit, diag_time=now())]}
