"""Every form in one table: what is evaluated over a block in a way of its own."""

from __future__ import annotations

from cellgrad.program.forms import FORMS as REFERENCE_FORMS
from cellgrad.program.forms import Form
from cellgrad.program.forms_areas import BRANCH_FORMS
from cellgrad.program.forms_arrays import ARRAY_FORMS
from cellgrad.program.forms_errors import ERROR_FORMS
from cellgrad.program.forms_lookup import LOOKUP_FORMS
from cellgrad.program.forms_subtotal import SUBTOTAL_FORMS
from cellgrad.program.local_names import LAMBDA_FORMS

FORMS: dict[str, Form] = {
    **REFERENCE_FORMS,
    **LOOKUP_FORMS,
    **ARRAY_FORMS,
    **LAMBDA_FORMS,
    **BRANCH_FORMS,
    **SUBTOTAL_FORMS,
    **ERROR_FORMS,
}
