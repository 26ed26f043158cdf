ALTER TABLE "submissions" ADD COLUMN "unannounced" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "submissions_unannounced" ON "submissions" USING btree ("seq") WHERE "submissions"."unannounced";--> statement-breakpoint
UPDATE "submissions" SET "unannounced" = true WHERE "state" IN ('held', 'waiting', 'quarantined');
