-- A device reads a piece of a file at a time: kept as it is, a piece costs what it weighs.
ALTER TABLE "blobs" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
