"""Where clients send their requests: one path for all, a path per code, or a path per service.

The address is only a hint for logs and for clients' mistakes: the infno in the body decides, always.
"""

import re
from typing import Final

SERVICE_PATHS: Final[dict[str, str]] = {
    "9001": "/fsi/api/signInSignOutService/signIn",
    "9002": "/fsi/api/signInSignOutService/signOut",
    "9101": "/fsi/api/fileupload/upload",
    "9102": "/fsi/api/fileupload/download",
    "1101": "/fsi/api/fsiPsnInfoService/queryPsnInfo",
    "1162": "/fsi/api/hsecfc/localQrCodeQuery",
    "1201": "/fsi/api/fsiFixMedInsService/queryFixMedIns",
    **{
        code: f"/fsi/api/catalogdownservice/downCatalog{code}"
        for code in (
            "1301 1302 1303 1305 1306 1307 1308 1309 1310 1311 1313 1314 1315".split()  # noqa: SIM905 - a table
        )
    },
    "1304": "/fsi/api/catalogqueryservice/queryNatyPreparedByPage",
    "1312": "/fsi/api/catalogqueryservice/queryHilist",
    "1316": "/fsi/api/catalogqueryservice/queryMedinsHilistMapByPage",
    "1317": "/fsi/api/catalogqueryservice/queryMedListMapByPage",
    "1318": "/fsi/api/catalogqueryservice/queryLmtprcByPage",
    "1319": "/fsi/api/catalogqueryservice/querySelfpayByPage",
    "1901": "/fsi/api/catalogqueryservice/queryDataDic",
    "2001": "/fsi/api/fsiPsnPriorityInfoService/queryPsnPriorityInfo",
    "2201": "/fsi/api/outpatientDocInfoService/outpatientRregistration",  # sic
    "2202": "/fsi/api/outpatientDocInfoService/outpatientRegistrationCancel",
    "2203": "/fsi/api/outpatientDocInfoService/outpatientMdtrtinfoUp",
    "2203A": "/fsi/api/outpatientDocInfoService/outpatientMdtrtinfoUpA",
    "2204": "/fsi/api/outpatientDocInfoService/outpatientFeeListUp",
    "2205": "/fsi/api/outpatientDocInfoService/outpatientFeeListUpCancel",
    "2206": "/fsi/api/outpatientSettleService/preSettletment",  # sic
    "2206A": "/fsi/api/outpatientSettleService/preSettletmentA",
    "2207": "/fsi/api/outpatientSettleService/saveSettletmentV2",
    "2207A": "/fsi/api/outpatientSettleService/saveSettletment",
    "2208": "/fsi/api/outpatientSettleService/cancleSettletment",  # sic
    "2301": "/fsi/api/hospFeeDtlService/feeDtlUp",
    "2302": "/fsi/api/hospFeeDtlService/feeDtlCl",
    "2303": "/fsi/api/hospSettService/preSett",
    "2304": "/fsi/api/hospSettService/settV2",
    "2305": "/fsi/api/hospSettService/settCl",
    "2401": "/fsi/api/hospitalRegisterService/hospitalRegisterSave",
    "2402": "/fsi/api/dscgService/dischargeProcess",
    "2403": "/fsi/api/hospitalRegisterService/hospitalRegisterEdit",
    "2404": "/fsi/api/hospitalRegisterService/hospitalRegisterCancel",
    "2405": "/fsi/api/dscgService/dischargeUndo",
    "2601": "/fsi/api/reverseService/revsMethod",
    "3101": "/fsi/api/riskConService/beforeAnalyze",
    "3102": "/fsi/api/riskConService/courseAnalyze",
    "3201": "/fsi/api/ybSettlementStmtService/stmtTotal",
    "3202": "/fsi/api/ybSettlementStmtService/stmtDetail",
    "3211": "/api/fsiextend/medinsmonsettlement/medinsDaySetlReconciliation",
    "3212": "/api/fsiextend/medinsmonsettlement/qMedinsDaySetlResult",
    "3301": "/fsi/api/catalogCompService/catalogCompUp",
    "3401": "/fsi/api/department/saveDepartmentManageInfo",
    "3401A": "/fsi/api/department/saveDepartmentManageBatch",
    "3402": "/fsi/api/department/modifyDepartmentInfo",
    "3403": "/fsi/api/department/pauseDepartmentInfo",
    "3501": "/fsi/api/goodsService/goodsUpload",
    "3502": "/fsi/api/goodsService/goodsUpdate",
    "3503": "/fsi/api/goodsService/goodsBuy",
    "3504": "/fsi/api/goodsService/goodsBuyReturn",
    "3505": "/fsi/api/goodsService/goodsSell",
    "3506": "/fsi/api/goodsService/goodsSellReturn",
    "3507": "/fsi/api/goodsService/goodsInfoDelete",
    "4101": "/fsi/api/medinfoupload/setllistinfoupld",
    "4101A": "/fsi/api/medinfoupload/setllistinfoupldA",
    "4104": "/fsi/api/medinfoupload/queryQltctrlProblemPage",
    "5101": "/fsi/api/fsiIntegratedQueryService/queryFixmedinsDept",
    "5102": "/fsi/api/fsiIntegratedQueryService/queryFixmedinsPracPsn",
    "5203": "/fsi/api/fsiIntegratedQueryService/querySetlInfo",
    "5204": "/fsi/api/fsiIntegratedQueryService/queryFeeList",
    "5206": "/fsi/api/fsiIntegratedQueryService/queryFixmedinsPracPsnSum",
    "5301": "/fsi/api/fsiIntegratedQueryService/queryPsnOpspReg",
    "5303": "/fsi/api/fsiIntegratedQueryService/queryInhospInfo",
}
"""Code -> path below the gateway prefix, in the style of Hebei, Chongqing and Zhejiang (a historical list)."""

COMMON_PATHS: Final = (
    "/fsi/api/rsfComIfsService/callService",
    "/mbs/fmi/fsi/api/callFsiService/callService",
    "/mbs-fsi/web/api/fsi/callService",
    "/mss/web/api/fsi/callService",
)
"""Paths that carry every transaction: Hunan annex A, Jilin, Shanxi, and a gateway seen in the south-west."""

_FURTHER_PATHS: Final = {
    # Zhejiang's address of 2207A.
    "/fsi/api/outpatientSettleService/saveSettletmentA": "2207A",
}
_CODE: Final = re.compile(r"[0-9]{4,6}[A-Z]?")


def _service_and_method(path: str) -> tuple[str, ...]:
    return tuple(path.rstrip("/").split("/")[-2:])


_CODES: Final = {
    **{_service_and_method(path): code for code, path in SERVICE_PATHS.items()},
    **{_service_and_method(path): code for path, code in _FURTHER_PATHS.items()},
}


def hinted_infno(path: str) -> str | None:
    """The transaction code a path points to: by its last segment, or by service and method; else None."""
    known = _CODES.get(_service_and_method(path))
    if known is not None:
        return known
    last = path.rstrip("/").rpartition("/")[2]
    return last if _CODE.fullmatch(last) else None
