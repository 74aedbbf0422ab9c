"""Which transactions are offered: one line, one module."""

from typing import Final

from gongji.channels.nhsa import (
    t13xx_download,
    t1101_person,
    t1201_institution,
    t1304_ethnic_drugs,
    t1312_items,
    t1318_terms,
    t1901_dictionary,
    t2001_benefits,
    t2101_preview_purchase,
    t2102_purchase,
    t2103_reverse_purchase,
    t2201_register,
    t2202_cancel,
    t2203_describe,
    t2204_upload_fees,
    t2205_drop_fees,
    t2206_preview,
    t2207_settle,
    t2208_reverse,
    t2601_undo,
    t3101_review_before,
    t3102_review_during,
    t3103_handle_findings,
    t3301_match,
    t3302_unmatch,
    t3401_department,
    t3401a_departments,
    t3402_change_department,
    t3403_revoke_department,
    t4101_settlement_list,
    t4102_list_state,
    t4103_query_list,
    t4104_list_quality,
    t4105_count_lists,
    t4261_self_paid,
    t4262_compare_self_paid,
    t4263_self_paid_differences,
    t5101_departments,
    t5102_practitioners,
    t5201_visits,
    t5202_diagnoses,
    t5203_query_settlement,
    t5204_fee_lines,
    t5205_special_disease_lines,
    t5206_year_figures,
    t9001_sign_in,
    t9002_sign_out,
    t9101_upload,
    t9102_download,
    t100001_policy_items,
    tables,
)
from gongji.channels.nhsa.call import Handler
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.tables import Transaction

HANDLERS: Final[dict[str, Handler]] = {
    "1101": t1101_person.handle,
    "1201": t1201_institution.handle,
    "1901": t1901_dictionary.handle,
    "2001": t2001_benefits.handle,
    **{infno: t13xx_download.download(infno) for infno in tables.catalogue_files()},
    "1304": t1304_ethnic_drugs.handle,
    "1312": t1312_items.items,
    "1316": t1312_items.matches,
    "1318": t1318_terms.price_limits,
    "1319": t1318_terms.first_self_pay,
    "2101": t2101_preview_purchase.handle,
    "2102": t2102_purchase.handle,
    "2103": t2103_reverse_purchase.handle,
    "2201": t2201_register.handle,
    "2202": t2202_cancel.handle,
    "2203": t2203_describe.handle,
    "2204": t2204_upload_fees.handle,
    "2205": t2205_drop_fees.handle,
    "2206": t2206_preview.handle,
    "2207": t2207_settle.handle,
    "2208": t2208_reverse.handle,
    "2601": t2601_undo.handle,
    "3101": t3101_review_before.handle,
    "3102": t3102_review_during.handle,
    "3103": t3103_handle_findings.handle,
    "3301": t3301_match.handle,
    "3302": t3302_unmatch.handle,
    "3401": t3401_department.handle,
    "3401A": t3401a_departments.handle,
    "3402": t3402_change_department.handle,
    "3403": t3403_revoke_department.handle,
    "4101": t4101_settlement_list.handle,
    "4102": t4102_list_state.handle,
    "4103": t4103_query_list.handle,
    "4104": t4104_list_quality.handle,
    "4105": t4105_count_lists.handle,
    "4261": t4261_self_paid.handle,
    "4262": t4262_compare_self_paid.handle,
    "4263": t4263_self_paid_differences.handle,
    "5101": t5101_departments.handle,
    "5102": t5102_practitioners.handle,
    "5201": t5201_visits.handle,
    "5202": t5202_diagnoses.handle,
    "5203": t5203_query_settlement.handle,
    "5204": t5204_fee_lines.handle,
    "5205": t5205_special_disease_lines.handle,
    "5206": t5206_year_figures.handle,
    "9001": t9001_sign_in.handle,
    "9002": t9002_sign_out.handle,
    "9101": t9101_upload.handle,
    "9102": t9102_download.handle,
    "100001": t100001_policy_items.handle,
}


def table_of(infno: str) -> Transaction | None:
    """The table a code is read by: its own, or that of the plain code it stands for; None for an unknown code."""
    return tables.transaction(infno) or tables.transaction(plain(infno))


def title(transaction: Transaction) -> str:
    """The transaction's name (交易名称) without the source's remarks."""
    return transaction.name.partition("（")[0]


def title_of(infno: str) -> str:
    """Name of the transaction of a code; empty for an unknown one."""
    table = table_of(infno)
    return title(table) if table else ""
