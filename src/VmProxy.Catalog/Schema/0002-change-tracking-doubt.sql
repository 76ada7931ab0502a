-- Disks whose changed areas were found to leave out changes. Nothing is counted from changed areas until a full has been made (lifted_at).
CREATE TABLE change_tracking_doubt (
    vcenter_uuid  TEXT NOT NULL,
    instance_uuid TEXT NOT NULL,
    disk_key      INTEGER NOT NULL,
    run_id        TEXT NOT NULL,
    found_at      TEXT NOT NULL,
    epoch         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    evidence      TEXT,
    lifted_at     TEXT,
    lifted_by     TEXT,
    PRIMARY KEY (vcenter_uuid, instance_uuid, disk_key, run_id)
) STRICT, WITHOUT ROWID;
