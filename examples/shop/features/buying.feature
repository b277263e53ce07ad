@buying
Feature: Buying
  Background:
    Given Ada has logged in

  Rule: an order holds what was in the basket
    @smoke
    Scenario Outline: buy one <item> with <delivery> delivery
      Given a "<item>" is in the basket
      When the order is placed with <delivery> delivery
      Then the newest order holds 1 "<item>"
      And it costs <total> EUR

      Examples:
        | item   | delivery | total |
        | tea    | standard | 9.80  |
        | coffee | express  | 18.40 |

    Scenario: a thing put in twice is one line
      Given a "honey" is in the basket
      And a "honey" is in the basket
      When the order is placed with standard delivery
      Then the newest order holds 2 "honey"

  Rule: what cannot be sold is not sold
    Scenario: something sold out
      When a "saffron" is put in the basket
      Then the shop answers 409

    Scenario: an order without an address
      Given a "tea" is in the basket
      When the order is placed without an address
      Then the shop answers 422
