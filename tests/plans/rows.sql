-- Rows beside the seeded users: a million each of sign-ins with a refresh token, page sessions, used verifications,
-- one-time tokens, and mails, of which a tenth was never tried, a tenth is dead, and the others wait for their next
-- attempt.
INSERT INTO users.sign_ins (id, user_id, created_at, family_secret_hash)
SELECT gen_random_uuid(), id, now() - random() * interval '20 days', sha256(uuid_send(id))
FROM users.users ORDER BY id LIMIT 1000000;

INSERT INTO users.refresh_tokens (token_hash, user_id, family_id, expires_at, names_sign_in)
SELECT sha256(uuid_send(id)), user_id, id, now() + interval '1 hour' + random() * interval '29 days', true
FROM users.sign_ins;

INSERT INTO users.sessions (id_hash, data, expires_at)
SELECT sha256(uuid_send(gen_random_uuid())), jsonb_build_object('family', id),
       now() + interval '1 hour' + random() * interval '29 days'
FROM users.sign_ins;

INSERT INTO users.email_verifications (id, user_id, expires_at, used_at, created_at)
SELECT gen_random_uuid(), id, created_at + interval '1 day', created_at + interval '1 minute', created_at
FROM users.users ORDER BY id LIMIT 1000000;

INSERT INTO users.one_time_tokens (id, user_id, purpose, request_id, token_hash, expires_at)
SELECT gen_random_uuid(), id, 'sign_in', gen_random_uuid(), sha256(uuid_send(gen_random_uuid())),
       now() + interval '1 hour' + random() * interval '1 day'
FROM users.users ORDER BY id LIMIT 1000000;

INSERT INTO users.email_outbox (id, kind, recipient_id, attempts, due_at, send_at, failed_at, outage_attempt, dead_at, created_at)
SELECT gen_random_uuid(), 'notice', id, sign(n % 10), 'infinity',
       now() + (CASE n % 10 WHEN 0 THEN -1 ELSE 1 END) * (interval '1 hour' + random() * interval '1 hour'),
       CASE WHEN n % 10 > 0 THEN now() - random() * interval '1 hour' END, sign(n % 10),
       CASE n % 10 WHEN 9 THEN now() - random() * interval '20 days' END, now() - random() * interval '3 days'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users.users ORDER BY id LIMIT 1000000) recipients;

INSERT INTO users.rate_buckets (subject_hash, full_at)
SELECT sha256(n::text::bytea), extract(epoch FROM now()) + 86400 * random() FROM generate_series(1, 1000000) n;

INSERT INTO users.events (type, occurred_at, subject, data)
SELECT 'session.revoked', now() - random() * interval '13 days', id, '{}' FROM users.users ORDER BY id LIMIT 1000000;
