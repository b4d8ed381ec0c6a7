"""What a load balancer is told."""

import pytest
from django.test import Client


def test_the_process_answers_without_a_database(client: Client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"


@pytest.mark.django_db
def test_everything_there_is_ready(client: Client):
    response = client.get("/readyz")
    assert response.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok"},
    }
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_lost_broker_is_named_and_makes_it_unready(client: Client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["broker"] == "failed"
