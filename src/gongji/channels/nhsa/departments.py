"""Departments of a message (deptinfo) in the words of the services (3401, 3401A, 3402)."""

from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import stated
from gongji.service.departments import Department


def department_of(row: Record) -> Department:
    """One department; all that is told about it is kept for 5101."""
    return Department(
        code=row["hosp_dept_codg"],
        name=row["hosp_dept_name"],
        begins_on=row["begntime"].date(),
        details=stated(row),
    )
