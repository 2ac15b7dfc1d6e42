ALTER TABLE "tokens" ADD COLUMN "owner_id" uuid;--> statement-breakpoint
-- Until now a token knew its maker by name only. One whose maker is gone, or was a token, ends here.
UPDATE "tokens" SET "owner_id" = "users"."id" FROM "users" WHERE "users"."name" = "tokens"."created_by";--> statement-breakpoint
DELETE FROM "tokens" WHERE "owner_id" IS NULL;--> statement-breakpoint
ALTER TABLE "tokens" ALTER COLUMN "owner_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "tokens" ADD CONSTRAINT "tokens_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;
