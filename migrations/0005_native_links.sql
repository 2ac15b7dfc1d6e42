CREATE TABLE "authentications" (
	"domain" text PRIMARY KEY NOT NULL,
	"peer_id" uuid NOT NULL,
	"inbound" jsonb,
	"outbound" jsonb,
	"certificates" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"held" jsonb
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"name" text PRIMARY KEY NOT NULL,
	"sealed" "bytea" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "certificate_uses" DROP CONSTRAINT "certificate_uses_pkey";--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "host" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "port" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "secret_sealed" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "certificate_uses" ADD COLUMN "id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL;--> statement-breakpoint
ALTER TABLE "certificate_uses" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "min_tls" text DEFAULT 'TLSv1.2' NOT NULL;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "allows_dialback" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "pins" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "authority_pem" text;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "test_mode_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "certificate_change" text DEFAULT 'notify' NOT NULL;--> statement-breakpoint
ALTER TABLE "authentications" ADD CONSTRAINT "authentications_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "authentications_by_peer" ON "authentications" USING btree ("peer_id");--> statement-breakpoint
ALTER TABLE "certificate_uses" ADD CONSTRAINT "certificate_uses_name_local_addresses_name_fk" FOREIGN KEY ("name") REFERENCES "public"."local_addresses"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "certificate_uses_by_certificate" ON "certificate_uses" USING btree ("certificate_id");--> statement-breakpoint
ALTER TABLE "certificate_uses" ADD CONSTRAINT "certificate_uses_once" UNIQUE NULLS NOT DISTINCT("use","name");