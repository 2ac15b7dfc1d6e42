CREATE TABLE "x2x_links" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"agreement" jsonb NOT NULL,
	"priority" integer DEFAULT 10 NOT NULL,
	"falls_back" boolean DEFAULT false NOT NULL,
	"bind_address" text,
	"listen_address" text,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"consent" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "x2x_links_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "x2x_states" (
	"link_id" uuid PRIMARY KEY NOT NULL,
	"node_id" text NOT NULL,
	"state" jsonb NOT NULL,
	"lease_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "x2x_states" ADD CONSTRAINT "x2x_states_link_id_x2x_links_id_fk" FOREIGN KEY ("link_id") REFERENCES "public"."x2x_links"("id") ON DELETE cascade ON UPDATE no action;