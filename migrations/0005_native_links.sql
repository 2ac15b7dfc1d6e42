ALTER TABLE "links" ALTER COLUMN "host" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "port" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "links" ALTER COLUMN "secret_sealed" DROP NOT NULL;