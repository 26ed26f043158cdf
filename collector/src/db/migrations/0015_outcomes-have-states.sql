CREATE TABLE "outcome_marks" (
	"project_id" text PRIMARY KEY NOT NULL,
	"epoch" integer NOT NULL,
	"feed_number" bigint NOT NULL,
	"questions" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outcome_events" (
	"event_id" bigserial PRIMARY KEY NOT NULL,
	"outcome_id" text,
	"import_id" text,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"by" text NOT NULL,
	"at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outcome_imports" (
	"import_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"by" text NOT NULL,
	"state" text NOT NULL,
	"imported" integer NOT NULL,
	"known" integer NOT NULL,
	"refused" integer NOT NULL,
	"created_at_ms" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "source" text DEFAULT 'import' NOT NULL;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "import_id" text;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "source_instance_id" text;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "live" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "state" text DEFAULT 'verified' NOT NULL;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "settled_at_ms" bigint;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "selection" text DEFAULT 'unplanned' NOT NULL;--> statement-breakpoint
ALTER TABLE "outcomes" ADD COLUMN "probability" double precision;--> statement-breakpoint
CREATE INDEX "outcome_events_outcome" ON "outcome_events" USING btree ("outcome_id");--> statement-breakpoint
CREATE INDEX "outcome_events_import" ON "outcome_events" USING btree ("import_id");--> statement-breakpoint
CREATE INDEX "outcomes_import" ON "outcomes" USING btree ("import_id");--> statement-breakpoint
CREATE INDEX "outcomes_source" ON "outcomes" USING btree ("source_instance_id") WHERE "outcomes"."source_instance_id" is not null;