"""Media in a bucket: a real server that speaks S3, a picture put in by an editor, a page that shows it from there."""

from __future__ import annotations

import io
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from tests.processes import ProcessSite, new_site
from tests.server.visitor import Visitor, ask, furnish, member

pytestmark = [pytest.mark.slow]

NAME = "news-media"
# As docs/operations.md has it: readers may have pictures, and nothing else.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{NAME}/courier/images/*",
        }
    ],
}
# Gives the story the newest picture as its lead and says how its files are named.
ILLUSTRATE = """
import json
from django.core.files.storage import default_storage
from wagtail.documents.models import Document
from wagtail.images.models import Image
from kakehashi.stories.models import StoryPage

story = StoryPage.objects.get(pk={story})
story.lead_image, story.lead_alt = Image.objects.latest("pk"), "A ferry"
story.save_revision().publish()
document = Document.objects.latest("pk")
print(">>>" + json.dumps([story.lead_image.file.name, document.file.name, document.url]))
"""


@dataclass
class Bucket:
    """The server's address, the bucket, and the server itself."""

    address: str
    objects: Any
    server: ThreadedMotoServer

    @property
    def keys(self) -> set[str]:
        return {found.key for found in self.objects.all()}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    made = boto3.resource("s3", endpoint_url=address, **keys).Bucket(NAME)
    made.create()
    made.Policy().put(Policy=json.dumps(POLICY))
    yield Bucket(address, made.objects, server)
    server.stop()


@pytest.fixture(scope="module")
def site(bucket: Bucket) -> Iterator[ProcessSite]:
    with new_site() as site:
        secret = site.data / "bucket-secret"
        secret.write_text("secret\n")
        site.extra |= {
            "KAKEHASHI_MEDIA_STORAGE": "s3",
            "KAKEHASHI_STAFF_MFA": "optional",
            "KAKEHASHI_STATIC_HOST": "https://cdn.example",
            "AWS_STORAGE_BUCKET_NAME": NAME,
            "AWS_S3_ENDPOINT_URL": bucket.address,
            "AWS_S3_REGION_NAME": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY_FILE": str(secret),
            "AWS_LOCATION": "courier",
        }
        yield site


def picture() -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).save(stream, "JPEG")
    return stream.getvalue()


def upload(editor: Visitor, path: str, name: str, content: bytes) -> None:
    """Send the file through Wagtail's own form."""
    assert editor.get(path).status == 200
    answer = editor.upload(path, name, content)
    assert answer.status == 302, answer.sentence


@pytest.mark.once
def test_an_editors_picture_is_shown_from_the_bucket(site: ProcessSite, bucket: Bucket) -> None:
    made = furnish(site, "Harbour", {"Ed Itor": "administrator"}, stories=2)
    [(story, path), (other, other_path)] = made["stories"]
    with site.serve("--workers", "1", "--no-worker") as address:
        editor = member(address, made["sessions"]["Ed Itor"], "/admin/images/add/")
        upload(editor, "/admin/images/add/", "ferry.jpg", picture())
        upload(editor, "/admin/documents/add/", "plan.html", b"<script>alert(1)</script>")
        file, document, document_url = ask(site, ILLUSTRATE.format(story=story))
        assert {f"courier/{file}", f"courier/{document}"} <= bucket.keys

        page = Visitor(address).get(path)
        assert page.status == 200
        sources = set(re.findall(rf"{bucket.address}/{NAME}/courier/images/[^\s\"]+\.webp", page.text))
        assert len(sources) >= 2
        for source in sources:
            with urllib.request.urlopen(source) as answer:
                assert answer.headers["Content-Type"] == "image/webp"
                assert answer.headers["Cache-Control"] == "public, max-age=86400"
                Image.open(io.BytesIO(answer.read())).verify()
        preview = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.text, re.DOTALL)[0])
        assert str(preview["image"][0]).startswith(f"{bucket.address}/{NAME}/courier/")

        policy = page.headers["content-security-policy"]
        assert f"img-src 'self' data: https://cdn.example {bucket.address};" in policy + ";"
        assert "style-src 'self' https://cdn.example" in policy
        assert re.search(r'<link[^>]+href="https://cdn.example/static/kakehashi/site\.\w+\.css"', page.text)
        style = re.findall(r"https://cdn.example(/static/kakehashi/site\.\w+\.css)", page.text)[0]
        assert Visitor(address).get(style).headers["access-control-allow-origin"] == "*"

        saved = Visitor(address).get(document_url)
        assert saved.status == 200
        assert saved.text == "<script>alert(1)</script>"
        assert saved.headers["content-disposition"].startswith("attachment")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{bucket.address}/{NAME}/courier/{document}")
        assert not any((site.data / "media").rglob("*.*"))

        ask(site, ILLUSTRATE.format(story=other))
        bucket.server.stop()
        without = Visitor(address).get(other_path)
        assert without.status == 200
        assert Visitor(address).get(path).text.count(bucket.address) >= 2
