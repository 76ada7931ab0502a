-- Times are ISO 8601 UTC text of one width, so that they sort as text. Sizes are bytes.

CREATE TABLE installation (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    id          TEXT NOT NULL,
    mark_secret BLOB NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;

-- A VM is its vCenter and its instance UUID; name and managed object reference may change.
CREATE TABLE vm (
    vcenter_uuid  TEXT NOT NULL,
    instance_uuid TEXT NOT NULL,
    name          TEXT NOT NULL,
    moref         TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    PRIMARY KEY (vcenter_uuid, instance_uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX vm_by_name ON vm (name);

-- What the repository holds, for quick listing; the repository stays the authority.
CREATE TABLE point (
    repository_id    TEXT NOT NULL,
    id               TEXT NOT NULL,
    taken_at         TEXT NOT NULL,
    vcenter_uuid     TEXT NOT NULL,
    instance_uuid    TEXT NOT NULL,
    vm_name          TEXT NOT NULL,
    vm_moref         TEXT NOT NULL,
    level            TEXT NOT NULL,
    job              TEXT,
    run_id           TEXT,
    quiesced         INTEGER NOT NULL CHECK (quiesced IN (0, 1)),
    capacity_bytes   INTEGER NOT NULL,
    changed_bytes    INTEGER NOT NULL,
    read_bytes       INTEGER NOT NULL,
    stored_bytes     INTEGER,
    warning_count    INTEGER NOT NULL,
    excluded_disks   INTEGER NOT NULL,
    health           TEXT NOT NULL CHECK (health IN ('unverified', 'verified', 'damaged')),
    verified_level   TEXT,
    verified_at      TEXT,
    PRIMARY KEY (repository_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX point_by_id ON point (id);
CREATE INDEX point_by_vm ON point (vcenter_uuid, instance_uuid, taken_at);
CREATE INDEX point_by_time ON point (taken_at);

CREATE TABLE point_disk (
    repository_id  TEXT NOT NULL,
    point_id       TEXT NOT NULL,
    disk_key       INTEGER NOT NULL,
    label          TEXT NOT NULL,
    file_name      TEXT NOT NULL,
    capacity_bytes INTEGER NOT NULL,
    change_id      TEXT,
    changed_bytes  INTEGER NOT NULL,
    read_bytes     INTEGER NOT NULL,
    transport      TEXT NOT NULL,
    PRIMARY KEY (repository_id, point_id, disk_key),
    FOREIGN KEY (repository_id, point_id) REFERENCES point (repository_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A run and, while it runs, the lease of the process that owns it.
CREATE TABLE run (
    id                  TEXT PRIMARY KEY,
    kind                TEXT NOT NULL,
    job                 TEXT,
    requested_level     TEXT,
    started_at          TEXT NOT NULL,
    ended_at            TEXT,
    outcome             TEXT NOT NULL,
    error_code          TEXT,
    error               TEXT,
    program_version     TEXT NOT NULL,
    process_id          INTEGER NOT NULL,
    process_start_ticks INTEGER NOT NULL,
    pid_namespace       TEXT NOT NULL,
    boot_id             TEXT NOT NULL,
    host_name           TEXT NOT NULL,
    heartbeat_at        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_start ON run (started_at);
CREATE INDEX run_by_job ON run (job, started_at);
CREATE INDEX run_running ON run (id) WHERE outcome = 'running';

CREATE TABLE run_vm (
    run_id          TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    vcenter_uuid    TEXT NOT NULL,
    instance_uuid   TEXT NOT NULL,
    vm_name         TEXT NOT NULL,
    vm_moref        TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    ended_at        TEXT NOT NULL,
    point_id        TEXT,
    level           TEXT,
    quiesced        INTEGER CHECK (quiesced IN (0, 1)),
    capacity_bytes  INTEGER NOT NULL,
    changed_bytes   INTEGER NOT NULL,
    read_bytes      INTEGER NOT NULL,
    stored_bytes    INTEGER NOT NULL,
    metadata_bytes  INTEGER NOT NULL,
    error_code      TEXT,
    error           TEXT,
    PRIMARY KEY (run_id, vcenter_uuid, instance_uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_vm_by_vm ON run_vm (vcenter_uuid, instance_uuid, started_at);

CREATE TABLE run_vm_reason (
    run_id        TEXT NOT NULL,
    vcenter_uuid  TEXT NOT NULL,
    instance_uuid TEXT NOT NULL,
    ordinal       INTEGER NOT NULL,
    disk_key      INTEGER,
    severity      TEXT NOT NULL,
    code          TEXT NOT NULL,
    text          TEXT NOT NULL,
    PRIMARY KEY (run_id, vcenter_uuid, instance_uuid, ordinal),
    FOREIGN KEY (run_id, vcenter_uuid, instance_uuid) REFERENCES run_vm (run_id, vcenter_uuid, instance_uuid) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Every change in vCenter, written before it is made. owner_run_id is the run that may undo it: the one that made it, or a janitor's.
CREATE TABLE journal (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id           TEXT NOT NULL REFERENCES run (id) ON DELETE RESTRICT,
    owner_run_id     TEXT NOT NULL REFERENCES run (id) ON DELETE RESTRICT,
    kind             TEXT NOT NULL CHECK (kind IN ('snapshot', 'attach', 'changetracking')),
    state            TEXT NOT NULL CHECK (state IN ('planned', 'done', 'undone', 'kept')),
    vcenter_uuid     TEXT NOT NULL,
    vm_moref         TEXT NOT NULL,
    vm_instance_uuid TEXT NOT NULL,
    vm_name          TEXT NOT NULL,
    mark             TEXT NOT NULL,
    snapshot_moref   TEXT,
    proxy_vm_moref   TEXT,
    device_key       INTEGER,
    file_name        TEXT,
    intent           TEXT,
    planned_at       TEXT NOT NULL,
    done_at          TEXT,
    undone_at        TEXT,
    attempts         INTEGER NOT NULL DEFAULT 0,
    last_attempt_at  TEXT,
    last_error       TEXT
) STRICT;
CREATE INDEX journal_open ON journal (id) WHERE state IN ('planned', 'done');
CREATE INDEX journal_by_run ON journal (run_id);
CREATE INDEX journal_by_mark ON journal (mark);

CREATE TABLE datastore (
    id            INTEGER PRIMARY KEY,
    vcenter_uuid  TEXT NOT NULL,
    moref         TEXT NOT NULL,
    name          TEXT NOT NULL,
    type          TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    UNIQUE (vcenter_uuid, moref)
) STRICT;

CREATE TABLE capacity_sample (
    datastore_id       INTEGER NOT NULL REFERENCES datastore (id) ON DELETE CASCADE,
    taken_at           TEXT NOT NULL,
    capacity_bytes     INTEGER NOT NULL,
    free_bytes         INTEGER NOT NULL,
    uncommitted_bytes  INTEGER,
    provisioned_bytes  INTEGER,
    snapshot_bytes     INTEGER,
    snapshot_count     INTEGER,
    oldest_snapshot_at TEXT,
    swap_bytes         INTEGER,
    vm_count           INTEGER,
    PRIMARY KEY (datastore_id, taken_at)
) STRICT, WITHOUT ROWID;
