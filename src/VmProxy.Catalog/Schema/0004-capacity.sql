-- What each VM takes on each datastore: one row a day, the last look of that day.
CREATE TABLE vm_space (
    datastore_id   INTEGER NOT NULL REFERENCES datastore (id) ON DELETE CASCADE,
    day            TEXT NOT NULL,
    vm_moref       TEXT NOT NULL,
    vm_name        TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    PRIMARY KEY (datastore_id, day, vm_moref)
) STRICT, WITHOUT ROWID;

-- The last search of a datastore's files, and the files of VMs that nothing in its vCenter refers to.
CREATE TABLE file_survey (
    datastore_id INTEGER PRIMARY KEY REFERENCES datastore (id) ON DELETE CASCADE,
    taken_at     TEXT NOT NULL,
    left_out     TEXT
) STRICT;

CREATE TABLE unreferenced_file (
    datastore_id INTEGER NOT NULL REFERENCES file_survey (datastore_id) ON DELETE CASCADE,
    path         TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    modified_at  TEXT,
    PRIMARY KEY (datastore_id, path)
) STRICT, WITHOUT ROWID;

-- How large a repository is and how full its disk. Sizes are null where only the disk was looked at.
CREATE TABLE repository_sample (
    repository           TEXT NOT NULL,
    taken_at             TEXT NOT NULL,
    disk_capacity_bytes  INTEGER,
    disk_free_bytes      INTEGER,
    points               INTEGER,
    protected_bytes      INTEGER,
    data_bytes           INTEGER,
    metadata_bytes       INTEGER,
    PRIMARY KEY (repository, taken_at)
) STRICT, WITHOUT ROWID;
