-- What follows from the tables: who may talk with whom, and who may come in.

CREATE VIEW members (room, account, role) AS
SELECT room, account, role FROM memberships WHERE departed = 0;

-- The contacts that a child's guardians, one or all of them, approved.
CREATE VIEW approved (child, contact) AS
SELECT c.id, v.id
FROM policy p CROSS JOIN accounts c CROSS JOIN accounts v
WHERE c.kind = 'child' AND v.kind <> 'guardian' AND v.id <> c.id
  AND EXISTS (SELECT 1 FROM approvals a WHERE a.child = c.id AND a.contact = v.id)
  AND (p.quorum = 'any' OR NOT EXISTS (
        SELECT 1 FROM guardianships g
        WHERE g.child = c.id AND NOT EXISTS (
            SELECT 1 FROM approvals a
            WHERE a.child = g.child AND a.contact = v.id AND a.guardian = g.guardian)));

-- Both directions of every pair that may talk alone.
CREATE VIEW authorized (u, v) AS
SELECT u.id, v.id
FROM policy p CROSS JOIN accounts u CROSS JOIN accounts v
WHERE u.id <> v.id AND u.kind <> 'guardian' AND v.kind <> 'guardian'
  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker = u.id AND b.blocked = v.id)
  AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker = v.id AND b.blocked = u.id)
  AND ((u.kind = 'adult' AND v.kind = 'adult')
    OR (u.kind = 'child' AND v.kind = 'adult'
        AND EXISTS (SELECT 1 FROM approved a WHERE a.child = u.id AND a.contact = v.id))
    OR (u.kind = 'adult' AND v.kind = 'child'
        AND EXISTS (SELECT 1 FROM approved a WHERE a.child = v.id AND a.contact = u.id))
    OR (u.kind = 'child' AND v.kind = 'child' AND p.between_children = 'both'
        AND EXISTS (SELECT 1 FROM approved a WHERE a.child = u.id AND a.contact = v.id)
        AND EXISTS (SELECT 1 FROM approved a WHERE a.child = v.id AND a.contact = u.id))
    OR (u.kind = 'child' AND v.kind = 'child' AND p.between_children = 'either'
        AND (EXISTS (SELECT 1 FROM approved a WHERE a.child = u.id AND a.contact = v.id)
          OR EXISTS (SELECT 1 FROM approved a WHERE a.child = v.id AND a.contact = u.id))));

-- Both directions of every pair that may share a room: adults may even if one has blocked the other.
CREATE VIEW compatible (u, v) AS
SELECT u.id, v.id
FROM accounts u CROSS JOIN accounts v
WHERE (u.kind = 'adult' AND v.kind = 'adult')
   OR EXISTS (SELECT 1 FROM authorized a WHERE a.u = u.id AND a.v = v.id);

-- Whom a rule lets into a room, on whose invitation.
CREATE VIEW cleared (rule, room, newcomer, inviter) AS
SELECT 'anyone', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
UNION ALL
SELECT 'inviter', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE EXISTS (SELECT 1 FROM compatible c WHERE c.u = i.id AND c.v = t.id)
UNION ALL
SELECT 'owner', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE EXISTS (
    SELECT 1 FROM members m
    WHERE m.room = r.id AND m.role = 'owner'
      AND EXISTS (SELECT 1 FROM compatible c WHERE c.u = m.account AND c.v = t.id))
UNION ALL
SELECT 'any-member', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE EXISTS (
    SELECT 1 FROM members m
    WHERE m.room = r.id
      AND EXISTS (SELECT 1 FROM compatible c WHERE c.u = m.account AND c.v = t.id))
UNION ALL
SELECT 'every-member', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE NOT EXISTS (
    SELECT 1 FROM members m
    WHERE m.room = r.id
      AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = m.account AND c.v = t.id))
UNION ALL
SELECT 'every-member-and-invitee', r.id, t.id, i.id
FROM rooms r CROSS JOIN accounts t CROSS JOIN accounts i
WHERE NOT EXISTS (
    SELECT 1 FROM members m
    WHERE m.room = r.id AND m.account <> t.id
      AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = m.account AND c.v = t.id))
  AND NOT EXISTS (
    SELECT 1 FROM invitations n
    WHERE n.room = r.id AND n.account <> t.id
      AND NOT EXISTS (SELECT 1 FROM compatible c WHERE c.u = n.account AND c.v = t.id));

-- The active rooms in which a pair sits together that was watched and lost.
CREATE VIEW severed (room, child, contact) AS
SELECT r.id, w.child, w.contact
FROM watches w
JOIN members a ON a.account = w.child
JOIN members b ON b.room = a.room AND b.account = w.contact
JOIN rooms r ON r.id = a.room
WHERE r.phase = 'active'
  AND NOT EXISTS (SELECT 1 FROM authorized x WHERE x.u = w.child AND x.v = w.contact);
