"""Nothing here takes files."""

from typing import Any, Never

from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler


class RefuseUploads(FileUploadHandler):
    """Ends a request that carries a file with 400, before a byte of it is kept."""

    def new_file(self, *args: Any, **kwargs: Any) -> Never:
        raise BadRequest("files are not accepted")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Never:
        raise BadRequest("files are not accepted")

    def file_complete(self, file_size: int) -> None:
        return None
