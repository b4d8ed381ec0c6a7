"""The library's system checks, registered when the app is ready."""

from django.core.checks import Tags, register

from ascend.fields import checks as field_checks
from ascend.fields import join_checks, subject_checks, window_checks
from ascend.keychain import checks as keychain_checks

register(keychain_checks.check_deployment, Tags.security)
register(keychain_checks.check_registry_key, Tags.security)
register(keychain_checks.check_lease, Tags.security)
register(keychain_checks.check_local_folder, Tags.security)
register(keychain_checks.check_pkcs11, Tags.security)
register(keychain_checks.check_outbound, Tags.security)
register(keychain_checks.check_provider_for_deployment, Tags.security, deploy=True)
register(field_checks.check_fields, Tags.models)
register(field_checks.check_labels, Tags.models)
register(window_checks.check_windows, Tags.models)
register(join_checks.check_groups, Tags.models)
register(subject_checks.check_key_database, Tags.models)
register(window_checks.check_rows, Tags.database)
