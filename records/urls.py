"""Addresses of records. None of them ever holds a value."""

from django.urls import path

from records.views import imports, people, problems, reveal, searches, upload

app_name = "records"

urlpatterns = [
    path("", people.PersonListView.as_view(), name="list"),
    path("new/", people.NewPersonView.as_view(), name="new"),
    path("search/", searches.NewSearchView.as_view(), name="search"),
    path("search/<uuid:search_id>/", searches.FoundView.as_view(), name="found"),
    path("imports/", imports.ImportListView.as_view(), name="imports"),
    path("import/", upload.upload, name="import"),
    path("import/<uuid:job_id>/columns/", imports.ColumnsView.as_view(), name="columns"),
    path("import/<uuid:job_id>/check/", imports.CheckView.as_view(), name="check"),
    path("import/<uuid:job_id>/accept/", imports.AcceptView.as_view(), name="accept"),
    path("import/<uuid:job_id>/cancel/", imports.CancelView.as_view(), name="cancel"),
    path("import/<uuid:job_id>/run/", imports.RunView.as_view(), name="run"),
    path("import/<uuid:job_id>/problems.csv", problems.IssuesFileView.as_view(), name="problems"),
    path("<uuid:record_id>/", people.PersonView.as_view(), name="person"),
    path("<uuid:record_id>/change/", people.ChangePersonView.as_view(), name="change"),
    path("<uuid:record_id>/delete/", people.DeletePersonView.as_view(), name="delete"),
    path("<uuid:record_id>/reveal/", reveal.RevealView.as_view(), name="reveal"),
]
