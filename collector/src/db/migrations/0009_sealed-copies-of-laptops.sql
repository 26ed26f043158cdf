CREATE TABLE "device_copies" (
	"sha256" text PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"officer" text NOT NULL,
	"created_at_ms" bigint NOT NULL,
	"received_at_ms" bigint NOT NULL,
	"size_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "device_copies_device" ON "device_copies" USING btree ("device_id","created_at_ms");