"""The dashboard in a real browser: what happens on the server appears on the page, and words stay words.

Needs Debian's chromium and chromium-driver, and selenium; skipped where one is missing.
"""

import shutil
import time

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

pytestmark = pytest.mark.process

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900",
)  # fmt: skip
WAIT_S_MAX = 20.0
TOO_WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
HOW, SAME, ANSWER = "How do I reset my password?", "how do i  reset my password?", "Settings > Security > Reset."
EVIL = (
    "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>",
    '"><svg onload=window.pwned=1>',
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    """A browser of its own, with nothing in it."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed")
    options = Options()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chrome')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    started.set_page_load_timeout(30)
    yield started
    started.quit()


class Page:
    """The dashboard as somebody sees it."""

    def __init__(self, driver, server, faults_expected=False):
        self.driver = driver
        self.server = server
        self.faults_expected = faults_expected
        driver.get(self.address)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.http_port}/"

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        """What is shown, or nothing; read in one step, since the page changes under us."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((node) => node.innerText).join('\\n')", selector
        )

    def until(self, done):
        deadline = time.monotonic() + WAIT_S_MAX
        while not (found := done()):
            assert time.monotonic() < deadline, self.text("body")
            time.sleep(0.1)
        return found

    def until_says(self, selector, text):
        self.until(lambda: text in self.text(selector))

    def until_live(self):
        self.until_says("#state", "live")

    def active(self):
        return self.driver.switch_to.active_element

    def ask(self, question):
        field = self.find("#ask")
        field.clear()
        field.send_keys(question, Keys.ENTER)

    def press(self, words, within="body"):
        """Press the button of this text."""
        self.until(lambda: [node for node in self.all(f"{within} button") if node.text == words])
        next(node for node in self.all(f"{within} button") if node.text == words).click()

    def faults(self):
        """What the browser complains of, violations of the page's policy included."""
        return [row["message"] for row in self.driver.get_log("browser") if row["level"] in ("SEVERE", "WARNING")]


@pytest.fixture
def new_page(chrome, start_server):
    """new_page(server) -> Page; the test fails where the browser has complained while its server ran."""
    pages = []

    def make(server, **more):
        chrome.get_log("browser")
        pages.append(Page(chrome, server, **more))
        return pages[-1]

    yield make
    for page in pages:
        if not page.faults_expected:
            assert [] == page.faults()
    chrome.delete_all_cookies()
    chrome.get("about:blank")


@pytest.fixture
def page(new_page, server, wire):
    made = new_page(server)
    made.until_live()
    return made


def test_a_new_server_says_what_to_try_and_it_works(new_page, start_server):
    own = start_server()
    page = new_page(own)
    page.until_says("#welcome-commands", "CGET")
    commands = [node.text for node in page.all("#welcome-commands code")]
    assert [f"-p {own.port} CSET", f"-p {own.port} CGET"] == [" ".join(text.split()[3:6]) for text in commands]
    wire = own.connect()
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    page.until(lambda: not page.find("#welcome").is_displayed())
    page.until_says("#feed", HOW)


def test_the_panels_fill_from_real_traffic(page, wire):
    wire("CSET", HOW, ANSWER, "TENANT", "acme", "MODEL", "gpt-4o", "COST", "0.25")
    wire("CQUOTA", "SET", "acme", "ENTRIES", "4")
    for _ in range(3):
        wire("CGET", HOW, "TENANT", "acme", "MODEL", "gpt-4o")
    wire("CGET", "is there a discount for crows", "TENANT", "acme", "MODEL", "gpt-4o")

    page.until_says("#feed", "is there a discount for crows")
    page.until_says("#feed .t-exact", "Exact")
    page.until_says("#top-questions", "3 times")
    page.until_says("#top-misses", "is there a discount for crows")
    page.until_says("#refusals", "similar enough")
    page.until_says("#tenants", "25.0 % of 4 answers")
    page.until_says("#models", "gpt-4o")
    page.until_says("#system", "vectors")
    page.until_says("#saved", "$0.75")
    page.until(lambda: page.all("#minutes rect.k-exact"))
    assert "Memory" in page.text("#meters")


def test_words_of_questions_and_answers_are_never_taken_for_markup(page, wire):
    for text in EVIL:
        wire("CSET", text, f"{text} {EVIL[0]}", "TENANT", "acme", "MODEL", EVIL[1], "SOURCE", EVIL[0], "TAG", EVIL[1])
        wire("CGET", text, "TENANT", "acme", "MODEL", EVIL[1])
        wire("CGET", f"{text} but missed", "TENANT", EVIL[0])
    page.until_says("#feed", f"{EVIL[0]} but missed")
    page.until_says("#top-questions", EVIL[0])
    page.until_says("#tenants", EVIL[0])
    page.find("#top-questions button").click()
    page.until(lambda: page.find("#entry").is_displayed())
    page.until_says("#entry .answer", EVIL[0])
    page.press("Close", "#entry")
    page.driver.execute_script("document.querySelector('.scope').open = true")
    page.find("#ask-tenant").send_keys("acme")
    page.find("#ask-model").send_keys(EVIL[1])
    page.ask(EVIL[0])
    page.until_says("#explanation", "would be served")
    page.until_says("#explanation .answer", EVIL[0])

    assert page.driver.execute_script("return window.pwned === undefined")
    assert [] == page.all("main img, main script, main svg[onload]")


def test_a_question_is_explained_and_its_answer_opened_edited_pinned_and_deleted(page, wire):
    wire("CSET", HOW, ANSWER)
    page.ask(HOW)
    page.until_says("#explanation", "This answer would be served")
    page.until_says("#explanation .answer", ANSWER)
    assert "✓ negation" in page.text("#explanation .gates")
    page.press("Open this answer", "#explanation")
    page.until_says("#entry .question", HOW)
    page.press("Edit", "#entry")
    field = page.find("#entry textarea")
    field.clear()
    field.send_keys("Another answer")
    page.press("Save", "#entry")
    page.until_says("#entry .answer", "Another answer")
    page.press("Pin", "#entry")
    page.until_says("#entry", "never evicted")
    assert b"Another answer" == wire("CGET", HOW)
    page.press("Delete", "#entry")
    page.press("Delete it", "#entry")
    page.until(lambda: not page.find("#entry").is_displayed())

    assert wire("CGET", HOW) is None


def test_a_wrong_hit_is_reported_and_not_served_again(page, wire):
    wire("CSET", HOW, ANSWER)
    page.ask(HOW)
    page.press("Report it as wrong", "#explanation")
    page.until_says("#entry .sure-box", "never served again")
    page.press("Report as wrong", "#entry .sure-box")
    page.until(lambda: not page.find("#entry").is_displayed())
    wire("CSET", HOW, ANSWER)

    assert wire("CGET", HOW) is None


def test_the_feed_is_filtered_and_stands_still_when_asked_to(page, wire):
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    wire("CGET", "nothing like it at all")
    page.until_says("#feed", "nothing like it at all")
    page.press("Missed", ".feed")
    assert HOW not in page.text("#feed")
    page.press("All", ".feed")
    page.press("Pause", ".feed")
    wire("CGET", "asked while it stands still")
    page.until_says("#top-misses", "asked while it stands still")
    assert "asked while it stands still" not in page.text("#feed")
    page.press("Go on", ".feed")
    page.until_says("#feed", "asked while it stands still")


def test_what_is_stored_is_listed_and_opened(page, wire):
    wire("CSET", HOW, ANSWER)
    wire("CSET", "Where is my parcel?", "On its way.")
    page.find("#stored-match").send_keys("*parcel*", Keys.ENTER)
    page.until_says("#stored", "Where is my parcel?")
    assert HOW not in page.text("#stored")
    page.find("#stored button").click()
    page.until_says("#entry .answer", "On its way.")
    page.active().send_keys(Keys.ESCAPE)
    page.until(lambda: not page.find("#entry").is_displayed())


def test_it_can_be_used_by_keyboard_alone(page, wire):
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    page.until_says("#feed", HOW)
    page.find("body").send_keys(Keys.TAB)
    assert "Skip to the question box" == page.active().text
    page.active().send_keys(Keys.ENTER)
    page.find("body").send_keys("/")
    assert "ask" == page.active().get_attribute("id")
    page.active().send_keys(HOW, Keys.ENTER)
    page.until_says("#explanation", "This answer would be served")
    reached = []
    for _ in range(12):
        page.active().send_keys(Keys.TAB)
        reached.append(page.active().text)
        outline = page.driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
        assert "none" != outline, f"focus cannot be seen on {reached[-1]!r}"
        if reached[-1] == "Open this answer":
            break
    page.active().send_keys(Keys.ENTER)
    page.until(lambda: page.find("#entry").is_displayed())
    assert page.driver.execute_script("return document.querySelector('#entry').contains(document.activeElement)")
    page.active().send_keys(Keys.ESCAPE)
    page.until(lambda: not page.find("#entry").is_displayed())


def test_focus_stays_where_it_is_while_figures_change(page, wire):
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    page.until_says("#top-questions", "1 time")
    page.driver.execute_script("document.querySelector('#top-questions button').focus()")
    wire("CGET", HOW)
    page.until_says("#top-questions", "2 times")

    assert HOW == page.active().text


def test_it_comes_back_by_itself_after_the_server_was_restarted(new_page, start_server, tmp_path):
    own = start_server(data_dir=tmp_path / "data")
    page = new_page(own, faults_expected=True)
    page.until_live()
    port = own.http_port
    own.hang_up()
    own.stop()
    page.until_says("#state", "reconnecting")
    again = start_server("--http-port", str(port), data_dir=tmp_path / "data")
    page.until_live()
    wire = again.connect()
    wire("CGET", "after the restart")
    page.until_says("#feed", "after the restart")


def test_a_token_is_asked_for_and_a_wrong_one_is_not_believed(new_page, start_server):
    own = start_server(environ={"CROWKIS_AUTH_TOKEN": "the secret"})
    wire = own.connect()
    wire("AUTH", "the secret")
    wire("CSET", HOW, ANSWER)
    wire("CGET", HOW)
    page = new_page(own, faults_expected=True)
    page.until(lambda: page.find("#login").is_displayed())
    assert HOW not in page.driver.page_source
    page.find("#login-key").send_keys("wrong", Keys.ENTER)
    page.until_says("#login-error", "not right")
    page.find("#login-key").send_keys("the secret", Keys.ENTER)
    page.until_says("#feed", HOW)
    assert "admin" in page.text("#who")
    assert page.driver.get_cookie("crowkis_sign_in")["httpOnly"]
    page.ask(HOW)
    page.press("Open this answer", "#explanation")
    page.press("Delete", "#entry")
    page.press("Delete it", "#entry")
    page.until(lambda: wire("CGET", HOW) is None)
    page.until(lambda: not page.find("#entry").is_displayed())
    page.press("Sign out")
    page.until(lambda: page.find("#login").is_displayed())
    page.driver.refresh()
    page.until(lambda: page.find("#login").is_displayed())


def test_a_reader_bound_to_a_tenant_sees_its_own_and_no_way_to_change_it(new_page, start_server):
    own = start_server(environ={"CROWKIS_AUTH_TOKEN": "the secret"})
    wire = own.connect()
    wire("AUTH", "the secret")
    for tenant in ("acme", "globex"):
        wire("CSET", f"how does {tenant} pay", "By card.", "TENANT", tenant)
        wire("CGET", f"how does {tenant} pay", "TENANT", tenant)
    told = wire("CAPIKEY", "CREATE", "desk", "ROLE", "READER", "TENANT", "acme")
    key = next(part.decode() for part in told if isinstance(part, bytes) and part.startswith(b"crwk_"))
    page = new_page(own, faults_expected=True)
    page.until(lambda: page.find("#login").is_displayed())
    page.find("#login-key").send_keys(key, Keys.ENTER)
    page.until_says("#feed", "how does acme pay")
    assert "globex" not in page.driver.page_source
    assert page.find("#system-empty").is_displayed()
    page.find("#feed .sub button").click()
    page.until_says("#entry .answer", "By card.")
    assert {"Close", "It was right", "Report as wrong"} == {node.text for node in page.all("#entry button")}


@pytest.mark.parametrize("width", [360, 768])
def test_nothing_sticks_out_on_a_narrow_screen(page, wire, width):
    wire("CSET", HOW + " " + "averyveryverylongwordwithoutanyend" * 8, ANSWER, "TENANT", "a-tenant-of-a-long-name" * 4)
    wire("CSET", HOW, "x" * 4_000)
    wire("CGET", HOW)
    wire("CGET", "averyveryverylongquestionwithoutanyend" * 5, "TENANT", "a-tenant-of-a-long-name" * 4)
    size = {"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": width < 500}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.until_says("#feed", HOW)
        page.ask(HOW)
        page.until_says("#explanation", "would be served")
        assert 0 == page.driver.execute_script(TOO_WIDE)
        page.press("Open this answer", "#explanation")
        page.until(lambda: page.find("#entry").is_displayed())
        assert 0 == page.driver.execute_script(TOO_WIDE)
        room = "const e = document.querySelector('#entry'); return e.clientWidth - e.scrollWidth"
        assert 0 <= page.driver.execute_script(room)
        page.press("Close", "#entry")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_light_and_dark_follow_the_system_and_the_button(page):
    def ground():
        return page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")

    def prefer(scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    prefer("light")
    light = ground()
    prefer("dark")
    dark = ground()
    assert light != dark
    page.press("Theme: auto")
    assert light == ground()
    page.press("Theme: light")
    assert dark == ground()
    prefer("light")
    assert dark == ground()
    page.driver.refresh()
    page.until_live()
    assert dark == ground()
    page.press("Theme: dark")
    assert light == ground()
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
