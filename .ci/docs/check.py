#!/usr/bin/env python3
"""Open each page of the site in Chromium, wide and narrow, and fail if one has a fault."""

from __future__ import annotations

import base64
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"
PICTURES = ROOT / ".cache" / "docs-check"
PACKAGES = ("chromium", "chromium-driver")
WIDTHS = (1280, 390)
#: Words that a reader may search for.
SEARCHED = ("migrate", "assume role", "explain")

# What is wider than the page, or cut, and can't be scrolled to.
FAULTS = """
const width = document.documentElement.clientWidth;
const scrolls = element => {
  for (let at = element; at && at !== document.body; at = at.parentElement)
    if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
  return false;
};
const faults = [];
if (document.documentElement.scrollWidth > width)
  faults.push("the page is " + document.documentElement.scrollWidth + " pixels wide");
for (const element of document.querySelectorAll("article *")) {
  const box = element.getBoundingClientRect();
  const isCut = getComputedStyle(element).overflowX === "hidden"
    && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1;
  const isOutside = box.right > width + 1 && box.width > 1;
  if ((isOutside || isCut) && !scrolls(element))
    faults.push(`cut: <${element.tagName}> ${element.textContent.trim().slice(0, 60)}`);
}
return faults;
"""
LINKS = "return [...document.querySelectorAll('a[href]')].map(link => link.href)"
# Whether the first result of the search, which is in a shadow tree, has this word.
FOUND = """
const hosts = [...document.querySelectorAll("*")].filter(element => element.shadowRoot);
const results = hosts.flatMap(host => [...host.shadowRoot.querySelectorAll("[role=option]")]);
return results.length > 0 && results[0].textContent.toLowerCase().includes(arguments[0]);
"""
IDS = "return [...document.querySelectorAll('[id]')].map(element => element.id)"


def main() -> int:
    """Return the exit status: 0 if no page has a fault."""
    if not install_chromium():
        return 1
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    pages = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
    with serve() as server, browser() as driver:
        base = f"http://127.0.0.1:{server.server_port}/"
        faults, links, names = look_at(driver, base, pages)
        faults += dead_links(base, links, names)
        faults += search_faults(driver, base)
        faults += dark_mode_faults(driver, base)
    outside = {url for url in links if not url.startswith((base, "mailto:"))}
    print("\n".join(faults))
    print(f"{len(pages)} pages at {' and '.join(map(str, WIDTHS))} pixels: {len(faults)} faults.")
    print(f"{len(links)} links; the {len(outside)} that lead to other sites were not opened.")
    print(f"Look at the pictures in {PICTURES.relative_to(ROOT)}.")
    return 1 if faults else 0


def install_chromium() -> bool:
    """Install Debian's Chromium if it is missing; return whether it is there."""
    if all(map(shutil.which, ("chromium", "chromedriver"))):
        return True
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing Debian's Chromium.", flush=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        if subprocess.run(command, check=False).returncode == 0:
            return True
    print(f"There is no Chromium: install {' and '.join(PACKAGES)}, as root with apt-get.")
    return False


def serve() -> http.server.ThreadingHTTPServer:
    """Return a server of the site on a free port; it ends with the context."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=SITE)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def browser() -> webdriver.Chrome:
    """Return a browser without a window; it ends with the context."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def look_at(
    driver: webdriver.Chrome, base: str, pages: list[str]
) -> tuple[list[str], dict[str, set[str]], dict[str, set[str]]]:
    """Return the faults of all pages, their links with the pages that have them, and their ids."""
    faults, links, names = [], defaultdict(set), {}
    for width in WIDTHS:
        resize(driver, width)
        for page in pages:
            driver.get(base + page)
            WebDriverWait(driver, 10).until(
                lambda driver: driver.execute_script("return document.readyState") == "complete"
            )
            found = driver.execute_script(FAULTS)
            found += [entry["message"] for entry in driver.get_log("browser") if is_error(entry)]
            faults += [f"{page} at {width} pixels: {fault}" for fault in found]
            for link in driver.execute_script(LINKS):
                links[link].add(page)
            names[page] = set(driver.execute_script(IDS))
            picture = driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"captureBeyondViewport": True}
            )
            name = f"{page.removesuffix('.html').replace('/', '.')}.{width}.png"
            (PICTURES / name).write_bytes(base64.b64decode(picture["data"]))
    return faults, links, names


def resize(driver: webdriver.Chrome, width: int) -> None:
    """Give the page a width, in pixels."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def is_error(entry: dict[str, str]) -> bool:
    """Return whether a line of the browser's console is an error."""
    return entry["level"] == "SEVERE"


def dead_links(base: str, links: dict[str, set[str]], names: dict[str, set[str]]) -> list[str]:
    """Return the links within the site whose page or heading doesn't exist."""
    faults = []
    for link, pages in sorted(links.items()):
        if not link.startswith(base):
            continue
        url, fragment = urldefrag(link)
        path = unquote(urlsplit(url).path).lstrip("/")
        page = path + "index.html" if path == "" or path.endswith("/") else path
        is_alive = (SITE / page).is_file()
        if is_alive and fragment and page in names:
            is_alive = unquote(fragment) in names[page]
        if not is_alive:
            faults.append(f"dead link {link.removeprefix(base)} in {', '.join(sorted(pages))}")
    return faults


def search_faults(driver: webdriver.Chrome, base: str) -> list[str]:
    """Return the words that the site's own search doesn't find."""
    faults = []
    resize(driver, WIDTHS[0])
    for words in SEARCHED:
        driver.get(base)
        driver.find_element(By.CLASS_NAME, "md-search__button").click()
        driver.switch_to.active_element.send_keys(words)
        try:
            WebDriverWait(driver, 10).until(finds(words.split()[0]))
        except TimeoutException:
            faults.append(f"the search doesn't find {words}")
        driver.save_screenshot(str(PICTURES / f"search {words}.png"))
    return faults


def finds(word: str) -> Callable[[webdriver.Chrome], bool]:
    """Return a condition: the first result of the search has this word."""
    return lambda driver: driver.execute_script(FOUND, word)


def dark_mode_faults(driver: webdriver.Chrome, base: str) -> list[str]:
    """Return a fault if the site ignores the system's dark mode."""
    feature = {"name": "prefers-color-scheme", "value": "dark"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    driver.get(base)
    scheme = driver.find_element(By.TAG_NAME, "body").get_attribute("data-md-color-scheme")
    driver.save_screenshot(str(PICTURES / "dark.png"))
    return [] if scheme == "slate" else [f"in dark mode, the scheme is {scheme}"]


if __name__ == "__main__":
    sys.exit(main())
