ALTER TABLE "connections" ADD COLUMN "attached_at" timestamp with time zone;--> statement-breakpoint
UPDATE "connections" c SET "attached_at" = coalesce(
  (SELECT max(e."at") FROM "connection_events" e WHERE e."link_id" = c."link_id" AND e."remote_domain" = '' AND 'attached' IN (e."to_state", e."from_state")),
  CASE WHEN c."state" = 'attached' THEN c."since" END)
WHERE c."remote_domain" = '';