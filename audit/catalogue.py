"""Every event that the log knows, named wing:noun:verb. Keep each group alphabetical."""

from enum import StrEnum


class Event(StrEnum):
    """What happened. A name, once released, is never reused for something else."""

    ACCESS_DENY = "accounts:access:deny"
    ACCESS_RESET = "accounts:access:reset"
    APPROVAL_CAST_VOTE = "accounts:approval:cast_vote"
    APPROVAL_EXECUTE = "accounts:approval:execute"
    APPROVAL_EXPIRE = "accounts:approval:expire"
    APPROVAL_FAIL = "accounts:approval:fail"
    APPROVAL_REJECT = "accounts:approval:reject"
    APPROVAL_REQUEST = "accounts:approval:request"
    APPROVAL_RESUME = "accounts:approval:resume"
    CONFIRMATION_REFUSE = "accounts:confirmation:refuse"
    LIMIT_REACH = "accounts:limit:reach"
    MEMBERSHIP_CHANGE = "accounts:membership:change"
    ONE_TIME_ISSUE = "accounts:one_time:issue"
    ONE_TIME_USE = "accounts:one_time:use"
    OPERATOR_CREATE = "accounts:operator:create"
    ORGANIZATION_CREATE = "accounts:organization:create"
    ORGANIZATION_SWITCH = "accounts:organization:switch"
    PERSON_CREATE = "accounts:person:create"
    PERSON_DEACTIVATE = "accounts:person:deactivate"
    PROFILE_CHANGE = "accounts:profile:change"
    SET_UP_REFUSE = "accounts:set_up:refuse"
    SIGN_IN = "accounts:sign_in:accept"
    SIGN_IN_REFUSE = "accounts:sign_in:refuse"
    SIGN_OUT = "accounts:sign_in:end"

    LOG_READ = "audit:log:read"
    LOG_READ_EVENT = "audit:event:read"

    CHECKS_FINISH = "byok:checks:finish"
    CHECKS_START = "byok:checks:start"
    PROOF_ACCEPT = "byok:proof:accept"
    PROOF_REFUSE = "byok:proof:refuse"
    REGISTRATION_CANCEL = "byok:registration:cancel"
    REGISTRATION_DESCRIBE = "byok:registration:describe"
    REGISTRATION_EXPIRE = "byok:registration:expire"
    REGISTRATION_GRANT = "byok:registration:grant"
    REGISTRATION_START = "byok:registration:start"
    WAIVER_ACKNOWLEDGE = "byok:waiver:acknowledge"

    KEYCHAIN_UNLISTED = "ascend:event:unlisted"

    DATABASE_REPLACED = "keychain:database:replaced"
    KEY_CHANGE = "keychain:key:change"
    KEY_CREATE = "keychain:key:create"
    KEY_DAMAGED = "keychain:key:damaged"
    KEY_SUCCEED = "keychain:key:succeed"
    KEY_TAMPERED = "keychain:key:tampered"
    LEASE_SET = "keychain:lease:set"
    ORGANIZATION_RESUME = "keychain:organization:resume"
    ORGANIZATION_SUSPEND = "keychain:organization:suspend"
    SHRED_COMPLETE = "keychain:shred:complete"
    SHRED_ERASE = "keychain:shred:erase"
    SHRED_RENEW = "keychain:shred:renew"
    SHRED_REQUEST = "keychain:shred:request"

    CAMPAIGN_FINISH = "fields:campaign:finish"
    CAMPAIGN_START = "fields:campaign:start"
    WINDOW_CLOSE = "fields:window:close"
    WINDOW_VIOLATE = "fields:window:violate"

    IMPORT_ACCEPT = "records:import:accept"
    IMPORT_CANCEL = "records:import:cancel"
    IMPORT_EXPIRE = "records:import:expire"
    IMPORT_FAIL = "records:import:fail"
    IMPORT_FINISH = "records:import:finish"
    IMPORT_UPLOAD = "records:import:upload"
    RECORD_CHANGE = "records:person:change"
    RECORD_CREATE = "records:person:create"
    RECORD_DELETE = "records:person:delete"
    RECORD_REVEAL = "records:person:reveal"
    RECORD_SEARCH = "records:person:search"

    @property
    def wing(self) -> str:
        """Return the part of the product that the event belongs to ("accounts")."""
        return self.value.partition(":")[0]
