ALTER TABLE "peer_health" ALTER COLUMN "next_check_at" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "peer_health" ADD COLUMN "known_state" text;--> statement-breakpoint
ALTER TABLE "peer_health" ADD COLUMN "bad_in_row" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "peer_health" ADD COLUMN "bad_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "peer_health" ADD COLUMN "certificate_not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "peer_health" ADD COLUMN "known_certificates" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "unicode" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "check_samples_by_age" ON "check_samples" USING btree ("span","starts_at");--> statement-breakpoint
CREATE INDEX "incidents_by_opening" ON "incidents" USING btree ("opened_at");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_one_open" ON "incidents" USING btree ("kind","subject") WHERE closed_at is null;