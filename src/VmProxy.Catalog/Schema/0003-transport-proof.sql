-- What comparisons have proved: a transport reads disks of this form right on hosts of this build.
CREATE TABLE transport_proof (
    transport     TEXT NOT NULL,
    disk_form     TEXT NOT NULL,
    host_build    TEXT NOT NULL,
    compared_with TEXT NOT NULL,
    blocks        INTEGER NOT NULL,
    proven_at     TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    vm_name       TEXT NOT NULL,
    PRIMARY KEY (transport, disk_form, host_build)
) STRICT, WITHOUT ROWID;
