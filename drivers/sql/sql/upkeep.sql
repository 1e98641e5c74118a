-- The scripts of the driver beside the commands: reset, observation and fingerprint.

-- name: empty
DELETE FROM deliveries;
DELETE FROM watches;
DELETE FROM bans;
DELETE FROM invitations;
DELETE FROM memberships;
DELETE FROM rooms;
DELETE FROM blocks;
DELETE FROM approvals;
DELETE FROM guardianships;
DELETE FROM accounts;
DELETE FROM policy;

-- name: set-policy
INSERT INTO policy (
    quorum, between_children, admission, inviters, links, on_create, on_invite, on_accept, on_join,
    message_send, message_deliver, call_send, call_deliver, on_loss)
VALUES (
    :quorum, :between-children, :admission, :inviters, :links, :create, :invite, :accept, :join,
    :message-send, :message-deliver, :call-send, :call-deliver, :on-loss);

-- name: sign-up
INSERT INTO accounts (id, kind) VALUES (:id, :kind);

-- name: entrust
INSERT INTO guardianships (child, guardian) VALUES (:child, :guardian);

-- The first column is the number of the part of an observation. Each part is a set of pairs or single values.
-- name: observe
SELECT 0, room, account FROM members
UNION ALL
SELECT 1, room, account FROM invitations
UNION ALL
SELECT 2, id, CASE phase WHEN 'active' THEN 0 WHEN 'frozen' THEN 1 ELSE 2 END FROM rooms
UNION ALL
SELECT 3, room, account FROM members WHERE role = 'owner'
UNION ALL
SELECT 4, room, account FROM bans
UNION ALL
SELECT 5, id, 1 FROM rooms WHERE link = 'open'
UNION ALL
SELECT 6, child, contact FROM approved
UNION ALL
SELECT 7, blocker, blocked FROM blocks;

-- Every row of every table that a command can change, in a fixed order. Deliveries and watches are left out: both
-- tables are empty between transactions.
-- name: contents
SELECT 0, child, guardian, 0 FROM guardianships
UNION ALL
SELECT 1, child, contact, guardian FROM approvals
UNION ALL
SELECT 2, blocker, blocked, 0 FROM blocks
UNION ALL
SELECT 3, id, CASE phase WHEN 'active' THEN 0 WHEN 'frozen' THEN 1 ELSE 2 END,
    CASE link WHEN 'open' THEN 1 ELSE 0 END FROM rooms
UNION ALL
SELECT 4, room, account, CASE WHEN role = 'owner' THEN 2 ELSE departed END FROM memberships
UNION ALL
SELECT 5, room, account, inviter FROM invitations
UNION ALL
SELECT 6, room, account, 0 FROM bans
ORDER BY 1, 2, 3, 4;
