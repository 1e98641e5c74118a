-- The script of each command, run as one transaction. A question (SELECT) without a row refuses the command and
-- rolls it back. `-- then: NAME` continues with the statements of that script.

-- name: approve
SELECT 1
FROM guardianships g CROSS JOIN accounts v
WHERE g.child = :child AND g.guardian = :by
  AND v.id = :contact AND v.kind <> 'guardian' AND v.id <> :child;

INSERT INTO approvals (child, contact, guardian) VALUES (:child, :contact, :by)
ON CONFLICT DO NOTHING;

-- name: revoke
SELECT 1
FROM guardianships g CROSS JOIN accounts v
WHERE g.child = :child AND g.guardian = :by
  AND v.id = :contact AND v.kind <> 'guardian' AND v.id <> :child;

INSERT INTO watches (child, contact)
SELECT u, v FROM authorized WHERE u = :child AND v = :contact;

DELETE FROM approvals WHERE child = :child AND contact = :contact;

-- then: settle

-- name: add-guardian
SELECT 1
FROM guardianships g CROSS JOIN accounts a
WHERE g.child = :child AND g.guardian = :by
  AND a.id = :guardian AND a.kind = 'guardian';

INSERT INTO watches (child, contact)
SELECT u, v FROM authorized WHERE u = :child;

INSERT INTO guardianships (child, guardian) VALUES (:child, :guardian)
ON CONFLICT DO NOTHING;

-- then: settle

-- name: remove-guardian
SELECT 1
FROM guardianships g
JOIN guardianships t ON t.child = g.child
WHERE g.child = :child AND g.guardian = :by
  AND t.guardian = :guardian
  AND EXISTS (SELECT 1 FROM guardianships o WHERE o.child = t.child AND o.guardian <> t.guardian);

INSERT INTO watches (child, contact)
SELECT u, v FROM authorized WHERE u = :child;

DELETE FROM guardianships WHERE child = :child AND guardian = :guardian;

-- then: settle

-- name: block
SELECT 1
FROM accounts me CROSS JOIN accounts t
WHERE me.id = :by AND me.kind <> 'guardian'
  AND t.id = :who AND t.kind <> 'guardian' AND t.id <> me.id;

INSERT INTO watches (child, contact)
SELECT CASE me.kind WHEN 'child' THEN a.u ELSE a.v END,
       CASE me.kind WHEN 'child' THEN a.v ELSE a.u END
FROM authorized a
JOIN accounts me ON me.id = a.u
JOIN accounts t ON t.id = a.v
WHERE a.u = :by AND a.v = :who AND (me.kind = 'child' OR t.kind = 'child');

INSERT INTO blocks (blocker, blocked) VALUES (:by, :who)
ON CONFLICT DO NOTHING;

-- then: settle

-- name: unblock
SELECT 1
FROM accounts me CROSS JOIN accounts t
WHERE me.id = :by AND me.kind <> 'guardian'
  AND t.id = :who AND t.kind <> 'guardian' AND t.id <> me.id;

DELETE FROM blocks WHERE blocker = :by AND blocked = :who;

-- name: settle
UPDATE rooms SET phase = 'frozen'
WHERE EXISTS (
    SELECT 1 FROM severed s CROSS JOIN policy p
    WHERE s.room = rooms.id AND p.on_loss = 'freeze');

UPDATE memberships SET departed = 1, role = 'member'
WHERE departed = 0 AND EXISTS (
    SELECT 1 FROM severed s CROSS JOIN policy p
    WHERE s.room = memberships.room
      AND (p.on_loss = 'dissolve'
        OR (p.on_loss = 'remove-contact' AND s.contact = memberships.account)
        OR (p.on_loss = 'remove-child' AND s.child = memberships.account)));

DELETE FROM watches;

-- then: sweep

-- name: sweep
UPDATE rooms SET phase = 'dissolved', link = 'closed'
WHERE phase <> 'dissolved'
  AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room = rooms.id);

DELETE FROM invitations
WHERE EXISTS (SELECT 1 FROM rooms r WHERE r.id = invitations.room AND r.phase = 'dissolved');

-- name: direct
SELECT 1 FROM authorized WHERE u = :by AND v = :to;

INSERT INTO deliveries (sender, recipient, surface) VALUES (:by, :to, 'direct');

-- then: hand-over

-- name: hand-over
DELETE FROM deliveries RETURNING recipient;

-- name: create
WITH guests AS (SELECT id, kind FROM accounts WHERE id IN (:with))
SELECT 1
FROM policy p CROSS JOIN accounts me
WHERE me.id = :by AND me.kind <> 'guardian'
  AND NOT EXISTS (SELECT 1 FROM rooms r WHERE r.id = :group)
  AND NOT EXISTS (SELECT 1 FROM guests g WHERE g.kind = 'guardian' OR g.id = me.id)
  AND (p.on_create = 'anyone' OR NOT EXISTS (
        SELECT 1 FROM guests g
        WHERE NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = me.id AND c.v = g.id)))
  AND ((p.on_create <> 'every-member-and-invitee'
        AND (p.on_create <> 'every-member' OR p.admission = 'consent'))
    OR NOT EXISTS (
        SELECT 1 FROM guests g JOIN guests h ON g.id < h.id
        WHERE NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = g.id AND c.v = h.id)));

INSERT INTO rooms (id) VALUES (:group);

INSERT INTO memberships (room, account, role) VALUES (:group, :by, 'owner');

INSERT INTO memberships (room, account)
SELECT r.id, g.id FROM rooms r CROSS JOIN accounts g CROSS JOIN policy p
WHERE r.id = :group AND g.id IN (:with) AND p.admission = 'direct';

INSERT INTO invitations (room, account, inviter)
SELECT r.id, g.id, me.id FROM rooms r CROSS JOIN accounts g CROSS JOIN accounts me CROSS JOIN policy p
WHERE r.id = :group AND me.id = :by AND g.id IN (:with) AND p.admission = 'consent';

-- name: invite
SELECT 1
FROM policy p CROSS JOIN members me CROSS JOIN rooms r CROSS JOIN accounts t
WHERE me.room = :group AND me.account = :by
  AND r.id = me.room AND r.phase = 'active'
  AND t.id = :who
  AND (p.inviters = 'members' OR me.role = 'owner')
  AND t.kind <> 'guardian'
  AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room = r.id AND m.account = t.id)
  AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.room = r.id AND i.account = t.id)
  AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.account = t.id);

SELECT 1
FROM policy p CROSS JOIN accounts t
WHERE t.id = :who
  AND EXISTS (
    SELECT 1 FROM cleared c
    WHERE c.rule = p.on_invite AND c.room = :group AND c.newcomer = t.id AND c.inviter = :by);

-- then: admit

-- name: admit
INSERT INTO memberships (room, account)
SELECT r.id, t.id FROM rooms r CROSS JOIN accounts t CROSS JOIN policy p
WHERE r.id = :group AND t.id = :who AND p.admission = 'direct'
ON CONFLICT (room, account) DO UPDATE SET departed = 0;

INSERT INTO invitations (room, account, inviter)
SELECT r.id, t.id, me.id FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts me CROSS JOIN policy p
WHERE r.id = :group AND t.id = :who AND me.id = :by AND p.admission = 'consent';

-- name: accept
SELECT 1
FROM policy p CROSS JOIN invitations i CROSS JOIN rooms r
WHERE i.room = :group AND i.account = :by
  AND r.id = i.room AND r.phase = 'active'
  AND EXISTS (
    SELECT 1 FROM cleared c
    WHERE c.rule = p.on_accept AND c.room = i.room AND c.newcomer = i.account AND c.inviter = i.inviter);

-- then: enter

-- name: join
SELECT 1
FROM policy p CROSS JOIN accounts me CROSS JOIN rooms r
WHERE me.id = :by AND me.kind <> 'guardian'
  AND r.id = :group AND r.phase = 'active' AND r.link = 'open'
  AND NOT EXISTS (SELECT 1 FROM members m WHERE m.room = r.id AND m.account = me.id)
  AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.account = me.id)
  -- Who joins was invited by nobody: the owner, whose link it is, stands in.
  AND EXISTS (
    SELECT 1 FROM cleared c
    WHERE c.rule = CASE p.on_join WHEN 'inviter' THEN 'owner' ELSE p.on_join END
      AND c.room = r.id AND c.newcomer = me.id AND c.inviter = me.id);

-- then: enter

-- name: enter
INSERT INTO memberships (room, account) VALUES (:group, :by)
ON CONFLICT (room, account) DO UPDATE SET departed = 0;

DELETE FROM invitations WHERE room = :group AND account = :by;

-- name: decline
SELECT 1 FROM invitations WHERE room = :group AND account = :by;

DELETE FROM invitations WHERE room = :group AND account = :by;

-- name: cancel
SELECT 1
FROM members me JOIN invitations i ON i.room = me.room
WHERE me.room = :group AND me.account = :by
  AND i.account = :who
  AND (me.role = 'owner' OR i.inviter = me.account);

DELETE FROM invitations WHERE room = :group AND account = :who;

-- name: open-link
SELECT 1
FROM policy p CROSS JOIN members me CROSS JOIN rooms r
WHERE me.room = :group AND me.account = :by AND me.role = 'owner'
  AND r.id = me.room AND r.phase = 'active'
  AND p.links = 'on';

UPDATE rooms SET link = 'open' WHERE id = :group;

-- name: close-link
SELECT 1 FROM members me
WHERE me.room = :group AND me.account = :by AND me.role = 'owner';

UPDATE rooms SET link = 'closed' WHERE id = :group;

-- name: leave
SELECT 1 FROM members WHERE room = :group AND account = :by;

UPDATE memberships SET departed = 1, role = 'member' WHERE room = :group AND account = :by;

-- then: sweep

-- name: remove
SELECT 1
FROM members t
JOIN members me ON me.room = t.room AND me.account = :by AND me.role = 'owner'
WHERE t.room = :group AND t.account = :who AND t.account <> :by;

UPDATE memberships SET departed = 1, role = 'member' WHERE room = :group AND account = :who;

-- then: sweep

-- name: ban
SELECT 1
FROM members me CROSS JOIN accounts t
WHERE me.room = :group AND me.account = :by AND me.role = 'owner'
  AND t.id = :who AND t.kind <> 'guardian' AND t.id <> me.account
  AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = me.room AND b.account = t.id);

UPDATE memberships SET departed = 1, role = 'member' WHERE room = :group AND account = :who;

DELETE FROM invitations WHERE room = :group AND account = :who;

INSERT INTO bans (room, account) VALUES (:group, :who);

-- then: sweep

-- name: unban
SELECT 1
FROM members me JOIN bans b ON b.room = me.room
WHERE me.room = :group AND me.account = :by AND me.role = 'owner' AND b.account = :who;

DELETE FROM bans WHERE room = :group AND account = :who;

-- name: transfer
SELECT 1
FROM members me JOIN members t ON t.room = me.room
WHERE me.room = :group AND me.account = :by AND me.role = 'owner'
  AND t.account = :to AND t.account <> me.account;

UPDATE memberships SET role = 'member' WHERE room = :group AND account = :by;

UPDATE memberships SET role = 'owner' WHERE room = :group AND account = :to;

-- name: message
SELECT 1
FROM policy p CROSS JOIN members me CROSS JOIN rooms r
WHERE me.room = :group AND me.account = :by
  AND r.id = me.room AND r.phase = 'active'
  AND (p.message_send = 'anyone' OR NOT EXISTS (
        SELECT 1 FROM members m
        WHERE m.room = me.room AND m.account <> me.account
          AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = me.account AND c.v = m.account)));

INSERT INTO deliveries (sender, recipient, surface, room)
SELECT me.account, m.account, 'message', me.room
FROM policy p CROSS JOIN members me CROSS JOIN members m
WHERE me.room = :group AND me.account = :by
  AND m.room = me.room AND m.account <> me.account
  AND (p.message_deliver = 'all'
    OR EXISTS (SELECT 1 FROM compatible c WHERE c.u = me.account AND c.v = m.account));

-- then: hand-over

-- name: call
SELECT 1
FROM policy p CROSS JOIN members me CROSS JOIN rooms r
WHERE me.room = :group AND me.account = :by
  AND r.id = me.room AND r.phase = 'active'
  AND (p.call_send = 'anyone' OR NOT EXISTS (
        SELECT 1 FROM members m
        WHERE m.room = me.room AND m.account <> me.account
          AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = me.account AND c.v = m.account)));

INSERT INTO deliveries (sender, recipient, surface, room)
SELECT me.account, m.account, 'call', me.room
FROM policy p CROSS JOIN members me CROSS JOIN members m
WHERE me.room = :group AND me.account = :by
  AND m.room = me.room AND m.account <> me.account
  AND (p.call_deliver = 'all'
    OR EXISTS (SELECT 1 FROM compatible c WHERE c.u = me.account AND c.v = m.account));

-- then: hand-over

-- name: dissolve
SELECT 1 FROM members WHERE room = :group AND account = :by AND role = 'owner';

UPDATE memberships SET departed = 1, role = 'member' WHERE room = :group;

-- then: sweep
