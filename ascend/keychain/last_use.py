"""When an organization's values were last sealed and opened, by any process. It outlives the processes."""

from django.db import models


class LastUse(models.Model):
    """One row for each organization. Written when counts are published, never on the path of a value."""

    organization_id = models.UUIDField(primary_key=True)
    written_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.organization_id}: written {self.written_at}, read {self.read_at}"
