"""Who sends a message: a web site or a portal, nobody, or our own people."""

from collections.abc import Iterator

from crmcli.domain.model.config import Config
from crmcli.domain.records.contact_matching import normal_email
from crmcli.domain.records.lead_contact import own_addresses

PORTAL_NAMES = (  # form services and portals for tradesmen; a workspace adds its own under `mail.portals`
    "123form.com",
    "123formbuilder.com",
    "123formbuilder.io",
    "acheter-louer.fr",
    "allovoisins.com",
    "bilik.fr",
    "companeo.com",
    "docs.google.com",
    "elementor.com",
    "form.io",
    "formcarry.com",
    "formspark.io",
    "formspree.io",
    "formsubmit.co",
    "formstack.com",
    "forms-noreply@google.com",
    "getform.io",
    "habitatpresto.com",
    "hellopro.fr",
    "houzz.com",
    "houzz.fr",
    "ionos.fr",
    "izi-by-edf.fr",
    "jimdo.com",
    "jotform.com",
    "leboncoin.fr",
    "mesdepanneurs.fr",
    "netlify.com",
    "online.houzz.com",
    "pagesjaunes.fr",
    "prestashop.com",
    "quotatis.com",
    "quotatis.fr",
    "renovationman.com",
    "sendinblue.com",
    "solocal.com",
    "squarespace.com",
    "squarespace.info",
    "starofservice.com",
    "surveymonkey.com",
    "tally.so",
    "travaux.com",
    "typeform.com",
    "web3forms.com",
    "webflow.com",
    "weebly.com",
    "wix.com",
    "wixforms.com",
    "wordpress.com",
    "wufoo.com",
    "zapier.com",
)
PORTALS = frozenset(PORTAL_NAMES)
SITES_WORDS = (  # local parts of the addresses from which web servers and their plugins send
    "wordpress wp www www-data wwwrun wwwuser apache apache2 httpd nginx php nobody web webmaster "
    "website site siteweb site-web formulaire formulaires form forms contact-form contactform "
    "contact-site wpforms ninja-forms gravityforms elementor divi joomla drupal prestashop "
    "notification notifications notif notify mailer automailer webform web-form serveur server hosting "
    "website-form contact-web lead leads demande demandes"
)
SITES = frozenset(SITES_WORDS.split())
NO_REPLY_WORDS = (
    "noreply donotreply nepasrepondre nerepondezpas nereponderepas pasdereponse nonresponse noresponse "
    "nepasrepondre"
)
NO_REPLY = frozenset(NO_REPLY_WORDS.split())
STARTS = ("noreply", "donotreply", "nepasrepondre", "mailerdaemon")
DAEMONS = frozenset(("mailerdaemon", "postmaster", "bounce", "bounces", "mailerror", "maildelivery"))


def is_site(address: str, config: Config) -> bool:
    """Tell whether an address is that of a site: ours, nobody's, a web server's or a portal's."""
    email = normal_email(address)
    if email is None:
        return False
    local, _, domain = email.partition("@")
    if local.partition("+")[0] in SITES or is_nobody(email) or email in our_addresses(config):
        return True
    added = [each.casefold().strip() for each in config.mail.portals]
    return any(each in PORTALS or each in added for each in (email, *list_domains(domain)))


def list_domains(domain: str) -> Iterator[str]:
    """Yield a domain and those above it.

    >>> list(list_domains("mail.example.org"))
    ['mail.example.org', 'example.org', 'org']
    """
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def is_nobody(address: str) -> bool:
    """Tell whether nobody reads mail at an address: no-reply, and mail servers.

    >>> is_nobody("no-reply+4711@example.org"), is_nobody("norbert@x.fr")
    (True, False)
    """
    local = address.casefold().partition("@")[0].partition("+")[0]
    parts = (local, local.rpartition("-")[0], local.rpartition("_")[0], local.partition(".")[0])
    names = {"".join(filter(str.isalnum, part)) for part in parts}
    word = "".join(filter(str.isalnum, local))
    return bool(names & (NO_REPLY | DAEMONS)) or word.startswith(STARTS) or word.endswith("noreply")


def is_ours(address: str, config: Config) -> bool:
    """Tell whether an address is that of a user, of the company or of a route."""
    return normal_email(address) in our_addresses(config)


def our_addresses(config: Config) -> set[str]:
    """Return the addresses of the users, the company and the routes."""
    routes = (normal_email(route.to or "") for route in config.ingest.routes)
    return own_addresses(config) | {address for address in routes if address}
