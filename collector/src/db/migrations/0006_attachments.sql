CREATE TABLE "submission_attachments" (
	"store_id" text NOT NULL,
	"n" bigint NOT NULL,
	"name" text NOT NULL,
	"instance_id" text NOT NULL,
	"device_id" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"media_type" text NOT NULL,
	"arrived_at_ms" bigint,
	CONSTRAINT "submission_attachments_store_id_n_name_pk" PRIMARY KEY("store_id","n","name")
);
--> statement-breakpoint
CREATE TABLE "upload_pieces" (
	"device_id" text NOT NULL,
	"sha256" text NOT NULL,
	"offset" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "upload_pieces_device_id_sha256_offset_pk" PRIMARY KEY("device_id","sha256","offset")
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"device_id" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" integer NOT NULL,
	"purpose" text NOT NULL,
	"have_bytes" integer NOT NULL,
	"touched_at_ms" bigint NOT NULL,
	CONSTRAINT "uploads_device_id_sha256_pk" PRIMARY KEY("device_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "work_bundles" (
	"bundle_id" text PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"store_id" text NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"imported_at_ms" bigint NOT NULL,
	"checkpoint" json NOT NULL,
	"told" json NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blobs" ADD COLUMN "purpose" text DEFAULT 'file' NOT NULL;--> statement-breakpoint
CREATE INDEX "submission_attachments_instance" ON "submission_attachments" USING btree ("instance_id");--> statement-breakpoint
CREATE INDEX "submission_attachments_file" ON "submission_attachments" USING btree ("sha256","device_id");--> statement-breakpoint
CREATE INDEX "submission_attachments_awaited" ON "submission_attachments" USING btree ("device_id") WHERE "submission_attachments"."arrived_at_ms" is null;--> statement-breakpoint
CREATE INDEX "uploads_touched" ON "uploads" USING btree ("touched_at_ms");--> statement-breakpoint
CREATE INDEX "work_bundles_device" ON "work_bundles" USING btree ("device_id","created_at_ms");