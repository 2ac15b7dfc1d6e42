CREATE TABLE "node_calls" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"to_node" text NOT NULL,
	"from_node" text NOT NULL,
	"question" jsonb NOT NULL,
	"answer" jsonb,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "host" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "node_calls_to" ON "node_calls" USING btree ("to_node");