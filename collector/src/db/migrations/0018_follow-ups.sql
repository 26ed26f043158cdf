CREATE TABLE "follow_up_chances" (
	"instance_id" text PRIMARY KEY NOT NULL,
	"model_name" text NOT NULL,
	"selection" text,
	"probability" double precision NOT NULL,
	"audit_share" double precision NOT NULL,
	"cause" text,
	"officer" text,
	"known_before" boolean NOT NULL,
	"drawn_at_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "follow_ups" (
	"follow_up_id" text PRIMARY KEY NOT NULL,
	"instance_id" text NOT NULL,
	"entity_id" text NOT NULL,
	"model_name" text NOT NULL,
	"form_id" text NOT NULL,
	"selection" text NOT NULL,
	"probability" double precision NOT NULL,
	"officer" text,
	"planned_at_ms" bigint NOT NULL,
	"due_from_ms" bigint,
	"due_to_ms" bigint,
	"state" text NOT NULL,
	"sent_at_ms" bigint,
	"ended_at_ms" bigint,
	"done_by" text,
	"reason" text
);
--> statement-breakpoint
CREATE INDEX "follow_up_chances_officer" ON "follow_up_chances" USING btree ("model_name","officer","drawn_at_ms");--> statement-breakpoint
CREATE UNIQUE INDEX "follow_ups_instance" ON "follow_ups" USING btree ("instance_id");--> statement-breakpoint
CREATE INDEX "follow_ups_open" ON "follow_ups" USING btree ("model_name","state") WHERE "follow_ups"."state" in ('proposed', 'sent');--> statement-breakpoint
CREATE INDEX "follow_ups_entity" ON "follow_ups" USING btree ("entity_id");