"""All pages of a site, one after the other, so that ten thousand deals are never in memory at once."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from crmcli.cli.output.progress import Bar
from crmcli.cli.site.deal_page import deal_page
from crmcli.cli.site.disclosure import Disclosure
from crmcli.cli.site.report_pages import Setting, list_report_pages
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.translations import screen_language, translate
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.ids import is_id
from crmcli.operations.find_records import find_ids
from crmcli.operations.reporting.publish_site import DEALS
from crmcli.operations.request import Request
from crmcli.query.query_model import Query
from crmcli.report.site_page import Site, render_html


def build_site(request: Request, asked: Query, *, is_anonymous: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the pages of a site on the matching records, open and closed, each with its path."""
    query = asked.whatever_came
    disclosure = Disclosure(request.config, is_anonymous=is_anonymous)
    found = list(find_ids(request, query))
    places = name_pages(found, is_anonymous=is_anonymous)
    by_id = {each["id"]: places[each["path"]] for each in found if each["id"]}
    setting = Setting(request, asked, query, disclosure, places, by_id)
    reports = list(list_report_pages(setting))
    site = Site(
        name=disclosure.phrase(request.config.company.name) or translate("Pipeline"),
        language=screen_language().code,
        pages=reports,
        note=translate("Written by crm from the files of the pipeline."),
        navigation=translate("Pages"),
        skip=translate("To the content"),
        is_anonymous=is_anonymous,
    )
    yield from ((page.path, render_html(page, site)) for page in reports)
    yield from build_deals(request, site, disclosure, places)


def build_deals(
    request: Request, site: Site, disclosure: Disclosure, places: dict[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the pages of deals; a file that cannot be read has none, and is named."""
    reading, moment, bar = request.reading(), request.reading_moment, Bar(translate("writing pages "))
    bar(0, len(places))
    for count, (place, path) in enumerate(places.items(), start=1):
        try:
            deal = reading.read_file(place, Opportunity).value
            page = deal_page(path, reading.facts(deal), moment, disclosure)
        except CrmError as error:
            request.advise(str(error))
        else:
            yield path, render_html(page, site)
        bar(count, len(places))


def name_pages(found: Sequence[Document], *, is_anonymous: bool) -> dict[str, str]:
    """Return the paths of the pages of deals, each another one, by the paths of their files.

    A page is called as the id, or as a file without one, whose name somebody typed: in an anonymous site
    it has a number.
    """
    places: dict[str, str] = {}
    taken: set[str] = set()
    for number, each in enumerate(found, start=1):
        id, stem = each["id"], PurePosixPath(each["path"]).stem
        name = id if id and is_id(id) else f"file-{number}" if is_anonymous else stem
        if name.casefold() in taken:  # an id that two files have, or a file system that ignores case
            name = f"{name}-{number}"
        taken.add(name.casefold())
        places[each["path"]] = f"{DEALS}/{name}.html"
    return places
