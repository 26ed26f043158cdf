CREATE TABLE "feed_marks" (
	"number" bigint PRIMARY KEY NOT NULL,
	"at_ms" bigint NOT NULL,
	"is_floor" boolean DEFAULT false NOT NULL
);
