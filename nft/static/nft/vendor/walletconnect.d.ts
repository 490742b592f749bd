export * from "../../../../frontend/walletconnect.js";
