CREATE TABLE "lineage_events" (
	"seq" bigserial PRIMARY KEY NOT NULL,
	"run_id" text NOT NULL,
	"event" json NOT NULL
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "because" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "cancelled" json;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "record" json;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "mlflow" json;--> statement-breakpoint
CREATE INDEX "lineage_events_run" ON "lineage_events" USING btree ("run_id","seq");