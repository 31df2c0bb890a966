"""The picture of the studio in the README: run as ``python tests/studio/picture.py`` in the folder of the repository.

It needs selenium, chromium and chromedriver, and writes examples/gallery/studio.png.
"""

import base64
import io
import sys
import threading
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _browser import started_browser
from _studio_page import Page

from imgcluster.quantization import quantize
from imgcluster.studio import Studio

TARGET = Path("examples/gallery/studio.png")


def main() -> None:
    """Open the page with a photo, lock a color, and save what is seen in 256 colors."""
    with Studio("examples/coffee.jpg") as studio:
        thread = threading.Thread(target=studio.serve)
        thread.start()
        browser = started_browser()
        size = {"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        page = Page(browser, studio.link)
        page.until_done()
        page.one(".swatches li:nth-child(12) button").click()
        page.button("Lock").click()
        page.until_done()
        page.until(lambda: "%" in page.text(".figures div:nth-child(2) dd"), "the size did not come")
        browser.execute_script("document.activeElement.blur()")
        page.rest()
        shot = Image.open(io.BytesIO(base64.b64decode(browser.get_screenshot_as_base64())))
        browser.quit()
        studio.stop()
        thread.join()
    quantize(shot.convert("RGB"), 256, effort="best").save(TARGET)


if __name__ == "__main__":
    main()
