"""The web forms that `crm.yaml` declares: what they ask, who may send them, and what the visitor reads."""

from enum import StrEnum

from crmcli.domain.model.record_types import Part


class InputType(StrEnum):
    """The type of a field in a web form."""

    TEXT = "text"
    LONG = "long"  # several lines
    EMAIL = "email"
    PHONE = "phone"
    CHOICE = "choice"
    CHOICES = "choices"
    CHECK = "check"


USUAL = {"email": InputType.EMAIL, "phone": InputType.PHONE, "message": InputType.LONG}


class FormField(Part, frozen=True, kw_only=True):
    """A field of a web form; its name is one that forms in mail have, a custom field, or any other."""

    name: str
    label: str | None = None
    type: InputType | None = None  # by default what suits the name
    required: bool = False
    choices: tuple[str, ...] = ()  # by default those of the custom field


class WebForm(Part, frozen=True, kw_only=True):
    """A web form, served by `crm serve`, sent by an existing site, or read by `crm ingest --format form`."""

    id: str
    title: str
    intro: str | None = None
    fields: tuple[FormField, ...]
    honeypot: str = "website"  # a field that people do not see, so only programs fill it in
    min_seconds: int = 2  # in which nobody fills in the served page; what is quicker is kept aside
    origins: tuple[str, ...] = ()  # sites whose pages may send this form
    thanks: str | None = None
    privacy: str | None = None  # a line above the button: what the data are used for
    route: str  # the recipient by which `ingest.routes` gives the values of the new record

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The title."""
        return (self.title,)
